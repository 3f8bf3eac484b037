import { Controller, Delete, Get, Path, Request, Route, Security, Tags } from '@tsoa/runtime'
import type { Id } from '../../api/wire.js'
import { HttpError } from '../../platform/failures.js'
import { actorOf, type Caller, type Principal, requireFullSuperuser } from '../access/principal.js'
import type { Token } from '../tokens/token.js'
import { User } from '../users/user.js'
import { endSession, sessionsOf } from './session.js'

export interface SessionView {
  id: Id
  /** @example "2026-11-24T09:30:00.000Z" */
  created_at: Date
  /** @example "2026-11-24T17:30:00.000Z" */
  expires_at: Date
  /** @example null */
  last_used_at: Date | null
  /** @example "127.0.0.1" */
  last_used_from: string | null
  /** @example "Mozilla/5.0" */
  last_used_agent: string | null
  /**
   * Whether it is the one of this request.
   * @example false
   */
  is_current: boolean
}

@Route('api/users/{id}/sessions')
@Tags('users')
export class UserSessionsController extends Controller {
  /**
   * Where a user is signed in to the admin site, the newest first.
   * @summary List a user's sessions
   */
  @Get()
  @Security('Token', ['users:read'])
  async listUserSessions(@Request() request: { user: Principal }, @Path() id: Id): Promise<SessionView[]> {
    await requireUser(id)
    return (await sessionsOf(id)).map((session) => view(session, request.user.token.id))
  }

  /**
   * Signs a user out of the admin site. Only a superuser ends the session of somebody else.
   * @summary End a user's session
   */
  @Delete('{session}')
  @Security('Token', ['users:write'])
  async deleteUserSession(@Request() request: Caller, @Path() id: Id, @Path() session: Id): Promise<void> {
    await requireUser(id)
    if (id !== request.user.user.id) requireFullSuperuser(request.user, 'end the session of another')
    await endSession({ id: session, userId: id }, actorOf(request))
  }
}

async function requireUser(id: Id) {
  if (!(await User.findByPk(id, { attributes: ['id'] }))) throw new HttpError(404, 'Not found.')
}

function view(session: Token, currentId: number): SessionView {
  const { id, createdAt, expiresAt, lastUsedAt, lastUsedFrom, lastUsedAgent } = session
  return {
    id,
    created_at: createdAt,
    expires_at: expiresAt!,
    last_used_at: lastUsedAt,
    last_used_from: lastUsedFrom,
    last_used_agent: lastUsedAgent,
    is_current: id === currentId,
  }
}
