import { Body, Controller, Extension, Post, Request, Response, Route, Security, Tags } from '@tsoa/runtime'
import type { Problem } from '../../api/wire.js'
import { HttpError } from '../../platform/failures.js'
import { lookUp } from '../access/lookup.js'
import type { Caller } from '../access/principal.js'
import { type TokenView, tokenView } from './view.js'

export interface TokenLookup {
  /**
   * The value as you found it. `Token ` or `Bearer ` may stand before it.
   * @minLength 1
   * @maxLength 300
   * @example "lk_1vI4Pm0dRYmV5kXr2Cw8n6ZtQb3LhJ9sEfGaTuNoKyD4WcPq"
   */
  token: string
}

@Route('api/tokens/lookup')
@Tags('tokens')
@Response<Problem>(404, 'No token that you may see has this value')
export class TokenLookupController extends Controller {
  /**
   * Finds the record of a token by its value, for example when you have found a value somewhere. The list cannot search for
   * values, because a value must not stand in a URL. The old value of a rotating token works too. A look-up does not count as a
   * use of the token. If you may not see the token, the response is 404, as for a value that no token has.
   * @summary Look up a token
   */
  @Post()
  @Security('Token', ['tokens:read'])
  @Extension('x-widening-scopes', ['tokens:admin'])
  async lookupToken(@Request() request: Caller, @Body() body: TokenLookup): Promise<TokenView> {
    this.setStatus(200)
    this.setHeader('Cache-Control', 'no-store')
    const token = await lookUp(body.token, request.user)
    if (!token) throw new HttpError(404, 'Not found.')
    return tokenView(token, token.user ?? null)
  }
}
