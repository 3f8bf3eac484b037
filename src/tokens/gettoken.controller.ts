import { Body, Controller, NoSecurity, Post, Request, Route, Tags } from '@tsoa/runtime'
import { invalid } from '../errors.js'
import { signIn } from '../users/sign-in.js'
import type { Credentials } from '../wire.js'
import { Token } from './token.js'

export interface AccountToken {
  /**
   * The user's account token, the same each time until it is revoked.
   * @example "lk_1vI4Pm0dRYmV5kXr2Cw8n6ZtQb3LhJ9sEfGaTuNoKyD4WcPq"
   */
  token: string
}

@Route('gettoken')
@Tags('tokens')
export class GetTokenController extends Controller {
  /**
   * Trades username and password for the user's account token, which is made when there is none. An Authorization header
   * is not looked at.
   * @summary Get one's account token
   */
  @Post()
  @NoSecurity()
  async obtainToken(@Request() request: { id: string; ip?: string }, @Body() body: Credentials): Promise<AccountToken> {
    if (body.username.trim() === '') throw invalid({ username: ['This field may not be blank.'] })
    const actor = { id: null, name: 'stranger', address: request.ip ?? '', requestId: request.id }
    const user = await signIn(body.username, body.password, actor)
    if (!user) throw invalid({ non_field_errors: ['Unable to log in with provided credentials.'] })
    this.setHeader('Cache-Control', 'no-store')
    return {
      token: await Token.accountValueOf(user, {
        ...actor,
        id: user.id,
        name: user.username,
        recheck: (transaction) => user.requireSamePassword(transaction),
      }),
    }
  }
}
