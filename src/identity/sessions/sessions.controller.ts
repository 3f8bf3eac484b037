import {
  Body,
  Controller,
  Delete,
  Get,
  NoSecurity,
  Post,
  Request,
  Response,
  Route,
  Security,
  Tags,
} from '@tsoa/runtime'
import type { Credentials, Problem, Scope } from '../../api/wire.js'
import { actorOf, type Caller, type Principal, type Stranger, scopesOfUser } from '../access/principal.js'
import { signInFrom } from '../sign-in/sign-in.js'
import { type CurrentUser, currentUserView } from '../users/current-user.js'
import type { UserRow } from '../users/user.js'
import { endedCookie, sessionCookie, sessionValueIn } from './cookie.js'
import { beginSession, DATABASE, endSession } from './session.js'

export interface CurrentSession {
  user: CurrentUser
  /**
   * What the user may do.
   * @example ["employees:read"]
   */
  scopes: Scope[]
  /**
   * When it ends at the latest; without use it ends after 30 minutes.
   * @example "2026-11-24T17:30:00.000Z"
   */
  expires_at: Date
  /** @example "SQLite" */
  database: 'SQLite' | 'PostgreSQL'
}

@Route('api/sessions/current')
@Tags('sessions')
export class SessionsController extends Controller {
  /**
   * Signs a member of the staff in to the admin site, which sends this; the session lives in a cookie that only the
   * browser sees. A session that the browser had before ends.
   * @summary Sign in to the admin site
   */
  @Post()
  @NoSecurity()
  @Response<Problem>(403, 'Not a member of the staff, or not sent by the admin site itself')
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
   * Who is signed in by the cookie, and what the service is.
   * @summary Show the current session
   */
  @Get()
  @Security('Session')
  async getCurrentSession(@Request() request: { user: Principal }): Promise<CurrentSession> {
    const { user, scopes, token } = request.user
    return view(user, scopes, token.expiresAt!)
  }

  /**
   * Ends the session, on the server too.
   * @summary Sign out of the admin site
   */
  @Delete()
  @Security('Session')
  @Response<Problem>(403, 'Not sent by the admin site itself')
  async deleteCurrentSession(@Request() request: Caller): Promise<void> {
    const { token, user } = request.user
    await endSession({ id: token.id, userId: user.id }, actorOf(request))
    this.setHeader('Set-Cookie', endedCookie(request.app.locals.settings))
  }
}

function view(user: UserRow, scopes: readonly string[], expiresAt: Date): CurrentSession {
  return { user: currentUserView(user), scopes: [...scopes], expires_at: expiresAt, database: DATABASE }
}
