import {
  Body,
  Controller,
  NoSecurity,
  Path,
  Post,
  Request,
  Response,
  Route,
  Security,
  SuccessResponse,
  Tags,
} from '@tsoa/runtime'
import type { Id, Problem } from '../../api/wire.js'
import { HttpError } from '../../platform/failures.js'
import { createPasswordLink, setPasswordByLink } from '../access/password-link.js'
import { actorOf, type Caller, requireFullSuperuser } from '../access/principal.js'

export interface PasswordLink {
  /**
   * The link, for the user alone. No other response shows it again. The first person to follow it can set the password.
   * @example "http://localhost:8000/account/#password=Gh2u0Zq3mWc9sYb1N4dVxK7tRfPjLaEo5iUyTn8QeBk"
   */
  link: string
  /**
   * When the link ends.
   * @example "2026-11-25T09:30:00.000Z"
   */
  expires_at: Date
}

export interface PasswordByLink {
  /**
   * The part after `#password=` in the link.
   * @maxLength 100
   * @example "Gh2u0Zq3mWc9sYb1N4dVxK7tRfPjLaEo5iUyTn8QeBk"
   */
  secret: string
  /**
   * At least 8 characters. The commonest passwords and the username are refused.
   * @minLength 1
   * @maxLength 1024
   * @format password
   * @example "tea-for-2-at-4"
   */
  password: string
}

export interface PasswordSet {
  /**
   * The user who can now sign in with the password.
   * @example "ravi"
   */
  username: string
}

@Route('api')
@Tags('users')
export class PasswordLinkController extends Controller {
  /**
   * Makes a link with which a user can set their password. It works once, within 24 hours, and replaces a link that was made
   * before. It also ends when the password is set in another way, when the user is disabled or enabled, and when `is_staff` or
   * `is_superuser` changes. Only a superuser may make one, with an account token or a session, and only for another user.
   * @summary Make a password link
   */
  @Post('users/{id}/password-link')
  @SuccessResponse(201, 'Created')
  @Response<Problem>(409, 'The user is disabled')
  @Security('Token', ['users:write'])
  async createPasswordLink(@Request() request: Caller, @Path() id: Id): Promise<PasswordLink> {
    requireFullSuperuser(request.user, 'make a password link')
    // To change your own password you need the current one. A link would get around this.
    if (id === request.user.user.id) throw new HttpError(403, 'To change your own password, send the current one.')
    const { link, expiresAt } = await createPasswordLink(id, request.base, actorOf(request))
    this.setHeader('Cache-Control', 'no-store')
    return { link, expires_at: expiresAt }
  }

  /**
   * Sets the password of the user who was given the link. The link works once. All tokens and sessions of that user end, as when
   * somebody else sets the password.
   * @summary Set a password by its link
   */
  @Post('password-link')
  @SuccessResponse(200, 'Set')
  @NoSecurity()
  async setPasswordByLink(
    @Request() request: { id: string; address: string },
    @Body() body: PasswordByLink,
  ): Promise<PasswordSet> {
    const from = { address: request.address, requestId: request.id }
    const username = await setPasswordByLink(body.secret, body.password, from)
    this.setHeader('Cache-Control', 'no-store')
    return { username }
  }
}
