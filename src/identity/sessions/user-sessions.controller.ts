import { Controller, Delete, Get, Path, Request, Route, Security, Tags } from '@tsoa/runtime'
import type { Id } from '../../api/wire.js'
import { HttpError } from '../../platform/failures.js'
import { actorOf, type Caller, type Principal, requireFullSuperuser } from '../access/principal.js'
import { User } from '../users/user.js'
import { endSession, sessionsOf } from './session.js'
import { type SessionView, sessionView } from './view.js'

@Route('api/users/{id}/sessions')
@Tags('users')
export class UserSessionsController extends Controller {
  /**
   * A user's sessions, newest first.
   * @summary List a user's sessions
   */
  @Get()
  @Security('Token', ['users:read'])
  async listUserSessions(@Request() request: { user: Principal }, @Path() id: Id): Promise<SessionView[]> {
    await requireUser(id)
    return (await sessionsOf(id)).map((session) => sessionView(session, request.user.token.id))
  }

  /**
   * Signs a user out of one session. Only a superuser may end the session of another user.
   * @param session The id of the session.
   * @summary End a user's session
   */
  @Delete('{session}')
  @Security('Token', ['users:write'])
  async deleteUserSession(@Request() request: Caller, @Path() id: Id, @Path() session: Id): Promise<void> {
    await requireUser(id)
    if (id !== request.user.user.id) requireFullSuperuser(request.user, 'end the session of another user')
    await endSession({ id: session, userId: id }, actorOf(request))
  }
}

async function requireUser(id: Id) {
  if (!(await User.findByPk(id, { attributes: ['id'] }))) throw new HttpError(404, 'Not found.')
}
