import { Controller, Get, Path, Request, Route, Security, SuccessResponse, Tags } from '@tsoa/runtime'
import type { Scope } from '../../api/wire.js'
import { resourceOf } from '../scopes/grammar.js'
import type { Caller } from './principal.js'

@Route('api/checks')
@Tags('checks')
export class ChecksController extends Controller {
  /**
   * Whether the token of this request has a scope: for a proxy that passes a client's `Authorization` on and lets the client in at 200
   * alone. It is a use of the token: its limit, its networks and its record count.
   *
   * Of the request nothing counts but the scope in the path, `Authorization` and the client's address. Its method may be any,
   * queries, bodies, cookies, other headers and what stands behind the scope in the path are ignored.
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

/** Percent-encoded UTF-8, so that no name can be anything but one value; `@` alone stays as it is. */
function headerValue(name: string): string {
  return encodeURIComponent(name).replaceAll('%40', '@')
}
