import { Body, Controller, NoSecurity, Post, Request, Route, SuccessResponse, Tags } from '@tsoa/runtime'
import { locationOf } from '../../api/location.js'
import type { ResourceRequest } from '../../api/wire.js'
import { redeemSetupLink } from './setup-link.js'

export interface FirstSuperuser {
  /**
   * The part after `#setup=` in the link that the first start prints.
   * @maxLength 100
   * @example "Gh2u0Zq3mWc9sYb1N4dVxK7tRfPjLaEo5iUyTn8QeBk"
   */
  secret: string
  /**
   * The name to sign in with.
   * @minLength 1
   * @maxLength 150
   * @example "Srinivas"
   */
  username: string
  /**
   * At least 8 characters. The commonest passwords and the username are refused.
   * @minLength 1
   * @maxLength 1024
   * @format password
   * @example "tea-for-2-at-4"
   */
  password: string
}

export interface SetupDone {
  /**
   * The name to sign in with.
   * @example "Srinivas"
   */
  username: string
}

@Route('api/setup')
@Tags('users')
export class SetupController extends Controller {
  /**
   * Makes the first superuser. It takes the one-time secret of the setup link, so the link works once.
   * @summary Make the first superuser
   */
  @Post()
  @NoSecurity()
  @SuccessResponse(201, 'Created')
  async createFirstSuperuser(
    @Request() request: { id: string; address: string } & Pick<ResourceRequest, 'app'>,
    @Body() body: FirstSuperuser,
  ): Promise<SetupDone> {
    const actor = {
      kind: 'setup',
      id: null,
      name: 'setup link',
      address: request.address,
      requestId: request.id,
    } as const
    const { id, username } = await redeemSetupLink(body.secret, body.username, body.password, actor)
    this.setHeader('Location', locationOf(request, `/api/users/${id}`))
    return { username }
  }
}
