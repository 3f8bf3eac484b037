import { Controller, Get, Path, Request, Route, Security, SuccessResponse, Tags } from '@tsoa/runtime'
import type { Scope } from '../../api/wire.js'
import { resourceOf } from '../scopes/grammar.js'
import type { Caller } from './principal.js'

@Route('api/checks')
@Tags('checks')
export class ChecksController extends Controller {
  /**
   * Tells a proxy whether the token of this request has a scope.
   * The proxy passes the client's `Authorization` on, and lets the client in only if the status is 200. A check is a use of the
   * token: its rate limit and its networks apply, and its record counts the use.
   *
   * Only the scope in the path, `Authorization` and the client's address matter. The method may be any. The query, the body,
   * cookies, other headers and the rest of the path after the scope are ignored.
   * @param scope The scope that the token must have.
   * @summary Check a token for a scope
   */
  @Get('{scope}')
  @SuccessResponse(200, 'The token has the scope')
  @Security('Token', ['{scope}'])
  async checkToken(@Request() request: Caller, @Path() scope: Scope): Promise<void> {
    const { user, token, scopes } = request.user
    const resource = `${resourceOf(scope)}:`
    this.setHeader('X-Latchkey-User', headerValue(user.username))
    this.setHeader('X-Latchkey-User-Id', String(user.id))
    this.setHeader('X-Latchkey-Token-Id', String(token.id))
    this.setHeader('X-Latchkey-Scopes', scopes.filter((held) => held.startsWith(resource)).join(' '))
  }
}

/** Percent-encoded UTF-8, so that every name is one valid value. Only `@` is left as it is. */
function headerValue(name: string): string {
  return encodeURIComponent(name).replaceAll('%40', '@')
}
