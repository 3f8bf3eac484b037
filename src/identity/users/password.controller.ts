import { Body, Controller, Path, Put, Request, Response, Route, Security, Tags } from '@tsoa/runtime'
import type { Id, Problem } from '../../api/wire.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { actorOf, type Caller, requireFullSuperuser } from '../access/principal.js'
import { setPassword } from '../access/set-password.js'
import { sessionCookie } from '../sessions/cookie.js'
import { verifyPassword } from '../sign-in/sign-in.js'

export interface PasswordChange {
  /**
   * At least 8 characters. The commonest passwords and the username are refused.
   * @minLength 1
   * @maxLength 1024
   * @format password
   * @example "tea-for-2-at-4"
   */
  password: string
  /**
   * Your current password. You need it to set your own password.
   * @maxLength 1024
   * @format password
   * @example "coffee-4-two"
   */
  current_password?: string
  /**
   * With `true`, your own personal tokens keep working.
   * @example false
   */
  keep_personal_tokens?: boolean
}

@Route('api/users/{id}/password')
@Tags('users')
export class PasswordController extends Controller {
  /**
   * Sets a password. For your own password, send the current one, with an account token or a session. Your other sessions and
   * your account token end, and so do your personal tokens unless you keep them. A superuser may set the password of any user.
   * This ends all tokens and sessions of that user.
   * @summary Set a password
   * @example body { "password": "tea-for-2-at-4" }
   */
  @Put()
  @Response<Problem>(403, 'Needs an account token or a session, and a superuser for another user')
  @Security('Token')
  async setUserPassword(@Request() request: Caller, @Path() id: Id, @Body() body: PasswordChange): Promise<void> {
    const choice = { text: body.password, rules: 'enforced' } as const
    const { user, token } = request.user
    if (id !== user.id) {
      // A request with the current password is meant for the caller's own account. Somebody else has signed in meanwhile.
      if (body.current_password !== undefined) throw new HttpError(403, 'You are signed in as somebody else.')
      requireFullSuperuser(request.user, 'set the password of another user')
      await setPassword(id, choice, { kinds: [] }, actorOf(request))
      return
    }
    if (token.kind === 'personal') throw new HttpError(403, 'A personal token cannot change a password.')
    if (body.current_password === undefined) throw invalid({ current_password: ['This field is required.'] })
    if (!(await verifyPassword(user.username, body.current_password, actorOf(request))))
      throw invalid({ current_password: ['This is not the current password.'] })
    const stay = {
      kinds: body.keep_personal_tokens ? ['personal' as const] : [],
      id: token.kind === 'session' ? token.id : undefined,
    }
    const value = await setPassword(id, choice, stay, actorOf(request))
    if (value) this.setHeader('Set-Cookie', sessionCookie(value, request.app.locals.settings))
  }
}
