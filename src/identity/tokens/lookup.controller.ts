import { Body, Controller, Extension, Post, Request, Response, Route, Security, Tags } from '@tsoa/runtime'
import type { Problem } from '../../api/wire.js'
import { HttpError } from '../../platform/failures.js'
import { lookUp } from '../access/lookup.js'
import type { Caller } from '../access/principal.js'
import { type TokenView, tokenView } from './view.js'

export interface TokenLookup {
  /**
   * The value, as it was found; `Token ` or `Bearer ` may stand before it.
   * @minLength 1
   * @maxLength 300
   * @example "lk_1vI4Pm0dRYmV5kXr2Cw8n6ZtQb3LhJ9sEfGaTuNoKyD4WcPq"
   */
  token: string
}

@Route('api/tokens/lookup')
@Tags('tokens')
@Response<Problem>(404, 'You see no token with this value')
export class TokenLookupController extends Controller {
  /**
   * The record of the token that has a value, for who finds one somewhere: a value belongs in no URL, so no list looks for it. Also
   * by the old value of a token that is rotating. It is no use of the token. What one does not see is 404, as what nobody has.
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
