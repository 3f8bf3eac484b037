import {
  Body,
  Controller,
  Delete,
  Get,
  NoSecurity,
  Path,
  Post,
  Request,
  Response,
  Route,
  Security,
  Tags,
} from '@tsoa/runtime'
import type { Credentials, Id, Problem, Scope } from '../../api/wire.js'
import { HttpError } from '../../platform/failures.js'
import { actorOf, type Caller, type Principal, type Stranger, scopesOfUser } from '../access/principal.js'
import { signInFrom } from '../sign-in/sign-in.js'
import { type CurrentUser, currentUserView } from '../users/current-user.js'
import type { UserRow } from '../users/user.js'
import { endedCookie, sessionCookie, sessionValueIn } from './cookie.js'
import { beginSession, DATABASE, endOtherSessions, endSession, sessionsOf } from './session.js'
import { type SessionView, sessionView } from './view.js'

export interface CurrentSession {
  user: CurrentUser
  /**
   * What the user may do.
   * @example ["employees:read"]
   */
  scopes: Scope[]
  /**
   * When the session ends at the latest. A session that is not used ends after 30 minutes.
   * @example "2026-11-24T17:30:00.000Z"
   */
  expires_at: Date
  /**
   * The database that the service runs on.
   * @example "SQLite"
   */
  database: 'SQLite' | 'PostgreSQL'
}

@Route('api/sessions')
@Tags('sessions')
export class SessionsController extends Controller {
  /**
   * Signs an active user in to the sites. Only the sites send this request. `user.is_staff` decides which site is shown, and
   * nothing else. The session is in a cookie that scripts cannot read. If the browser had a session before, that one ends.
   * @summary Sign in to the sites
   */
  @Post('current')
  @NoSecurity()
  @Response<Problem>(403, 'The sites themselves did not send this')
  async createCurrentSession(@Request() request: Stranger, @Body() body: Credentials): Promise<CurrentSession> {
    const { user, actor } = await signInFrom(body, request)
    const { settings } = request.app.locals
    const before = sessionValueIn(request.headers.cookie, settings)
    const { session, value } = await beginSession(user, before, actor)
    this.setHeader('Set-Cookie', sessionCookie(value, settings))
    this.setHeader('Cache-Control', 'no-store')
    return view(user, await scopesOfUser(user), session.expiresAt!)
  }

  /**
   * Says who is signed in by the cookie, and which database the service runs on.
   * @summary Show the current session
   */
  @Get('current')
  @Security('Session')
  async getCurrentSession(@Request() request: { user: Principal }): Promise<CurrentSession> {
    const { user, scopes, token } = request.user
    return view(user, scopes, token.expiresAt!)
  }

  /**
   * Ends the session, in the browser and on the server.
   * @summary Sign out of the sites
   */
  @Delete('current')
  @Security('Session')
  @Response<Problem>(403, 'The sites themselves did not send this')
  async deleteCurrentSession(@Request() request: Caller): Promise<void> {
    const { token, user } = request.user
    await endSession({ id: token.id, userId: user.id }, actorOf(request))
    this.setHeader('Set-Cookie', endedCookie(request.app.locals.settings))
  }

  /**
   * Your sessions, newest first.
   * This needs an account token or a session.
   * @summary List your own sessions
   */
  @Get()
  @Security('Token')
  @Response<Problem>(403, 'Needs an account token or a session')
  async listSessions(@Request() request: Caller): Promise<SessionView[]> {
    const { user, token } = requireWhole(request.user)
    return (await sessionsOf(user.id)).map((session) => sessionView(session, token.id))
  }

  /**
   * Signs you out everywhere except in the session of this request. With an account token, it signs you out everywhere.
   * @summary End your other sessions
   */
  @Delete()
  @Security('Token')
  @Response<Problem>(403, 'Needs an account token or a session')
  async deleteSessions(@Request() request: Caller): Promise<void> {
    const { user, token } = requireWhole(request.user)
    await endOtherSessions(user.id, token.id, actorOf(request))
  }

  /**
   * Signs you out of one session.
   * @summary End one of your sessions
   */
  @Delete('{id}')
  @Security('Token')
  @Response<Problem>(403, 'Needs an account token or a session')
  async deleteSession(@Request() request: Caller, @Path() id: Id): Promise<void> {
    const { user, token } = requireWhole(request.user)
    await endSession({ id, userId: user.id }, actorOf(request))
    if (id === token.id) this.setHeader('Set-Cookie', endedCookie(request.app.locals.settings))
  }
}

/** A personal token may do only what its scopes say, and no scope is about sessions. */
function requireWhole(principal: Principal): Principal {
  if (principal.token.kind === 'personal') throw new HttpError(403, 'A personal token cannot list or end sessions.')
  return principal
}

function view(user: UserRow, scopes: readonly string[], expiresAt: Date): CurrentSession {
  return { user: currentUserView(user), scopes: [...scopes], expires_at: expiresAt, database: DATABASE }
}
