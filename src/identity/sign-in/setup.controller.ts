import { Body, Controller, NoSecurity, Post, Request, Route, SuccessResponse, Tags } from '@tsoa/runtime'
import { SetupLink } from './setup-link.js'

export interface FirstSuperuser {
  /**
   * What follows `#setup=` in the link that the first start prints.
   * @isString Not a valid string.
   * @maxLength 100 Ensure this field has no more than 100 characters.
   * @example "Gh2u0Zq3mWc9sYb1N4dVxK7tRfPjLaEo5iUyTn8QeBk"
   */
  secret: string
  /**
   * @isString Not a valid string.
   * @minLength 1 This field may not be blank.
   * @maxLength 150 Ensure this field has no more than 150 characters.
   * @example "Srinivas"
   */
  username: string
  /**
   * At least 8 characters, not among the commonest, not the username.
   * @isString Not a valid string.
   * @minLength 1 This field may not be blank.
   * @maxLength 1024 Ensure this field has no more than 1024 characters.
   * @format password
   * @example "tea-for-2-at-4"
   */
  password: string
}

export interface SetupDone {
  /** @example "Srinivas" */
  username: string
}

@Route('api/setup')
@Tags('users')
export class SetupController extends Controller {
  /**
   * Makes the first superuser with the one-time secret of the setup link; afterwards the link is worth nothing.
   * @summary Make the first superuser
   */
  @Post()
  @NoSecurity()
  @SuccessResponse(201, 'Created')
  async createFirstSuperuser(
    @Request() request: { id: string; address: string },
    @Body() body: FirstSuperuser,
  ): Promise<SetupDone> {
    const actor = { id: null, name: 'setup link', address: request.address, requestId: request.id }
    const { id, username } = await SetupLink.redeem(body.secret, body.username, body.password, actor)
    this.setHeader('Location', `/api/users/${id}`)
    return { username }
  }
}
