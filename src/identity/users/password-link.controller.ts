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
   * For the user alone, in this response and never again: whoever follows it first sets the password.
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
   * What follows `#password=` in the link.
   * @maxLength 100
   * @example "Gh2u0Zq3mWc9sYb1N4dVxK7tRfPjLaEo5iUyTn8QeBk"
   */
  secret: string
  /**
   * At least 8 characters, not among the commonest, not the username.
   * @minLength 1
   * @maxLength 1024
   * @format password
   * @example "tea-for-2-at-4"
   */
  password: string
}

export interface PasswordSet {
  /**
   * Who can sign in by it now.
   * @example "ravi"
   */
  username: string
}

@Route('api')
@Tags('users')
export class PasswordLinkController extends Controller {
  /**
   * Makes a link by which the user sets the password: once, within 24 hours, and in place of a link that was made before. It ends
   * when the password is set in another way, and when the user is disabled or enabled, or made staff or superuser or no longer
   * that. For another user, by a superuser with an account token or a session.
   * @summary Make a password link
   */
  @Post('users/{id}/password-link')
  @SuccessResponse(201, 'Created')
  @Response<Problem>(409, 'The user is disabled')
  @Security('Token', ['users:write'])
  async createPasswordLink(@Request() request: Caller, @Path() id: Id): Promise<PasswordLink> {
    requireFullSuperuser(request.user, 'make a password link')
    // One's own password needs the current one, which a link would go around.
    if (id === request.user.user.id) throw new HttpError(403, 'Your own password is changed with the current one.')
    const { link, expiresAt } = await createPasswordLink(id, request.base, actorOf(request))
    this.setHeader('Cache-Control', 'no-store')
    return { link, expires_at: expiresAt }
  }

  /**
   * Sets the password of the user who was given the link, which is worth nothing afterwards. All tokens and sessions of that user
   * end, as where somebody else sets it.
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
