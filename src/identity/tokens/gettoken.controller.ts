import { Body, Controller, NoSecurity, Post, Request, Route, Tags } from '@tsoa/runtime'
import type { Credentials } from '../../api/wire.js'
import type { Stranger } from '../access/principal.js'
import { signInFrom } from '../sign-in/sign-in.js'
import { accountValueOf } from './account.js'

export interface AccountToken {
  /**
   * The value of the user's account token. It is the same each time until the token is revoked.
   * @example "lk_1vI4Pm0dRYmV5kXr2Cw8n6ZtQb3LhJ9sEfGaTuNoKyD4WcPq"
   */
  token: string
}

@Route('gettoken')
@Tags('tokens')
export class GetTokenController extends Controller {
  /**
   * Exchanges a username and a password for the user's account token. If the user has none, one is made. An `Authorization`
   * header is ignored.
   * @summary Get your account token
   */
  @Post()
  @NoSecurity()
  async obtainToken(@Request() request: Stranger, @Body() body: Credentials): Promise<AccountToken> {
    const { user, actor } = await signInFrom(body, request)
    this.setHeader('Cache-Control', 'no-store')
    return { token: await accountValueOf(user, actor, request.app.locals.settings.tokenMaxAge) }
  }
}
