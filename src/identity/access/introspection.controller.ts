import { Body, Controller, Post, Request, Route, Security, Tags } from '@tsoa/runtime'
import { introspect } from './introspection.js'
import type { Caller } from './principal.js'

export interface TokenIntrospectionRequest {
  /**
   * The value that a client has sent to the service that asks. It may be anything that a header can hold. The long token of
   * another issuer, for example, is not active here.
   * @minLength 1
   * @maxLength 16384
   * @example "lk_1vI4Pm0dRYmV5kXr2Cw8n6ZtQb3LhJ9sEfGaTuNoKyD4WcPq"
   */
  token: string
  /**
   * Accepted and ignored, because there is only one kind.
   * @maxLength 200
   * @example "access_token"
   */
  token_type_hint?: string
  /**
   * Accepted and ignored, because the credential says who asks.
   * @maxLength 200
   * @example "reports"
   */
  client_id?: string
  /**
   * The client's own address. A token that is bound to networks is active only from within them, so never without this field.
   * @maxLength 100
   * @example "203.0.113.9"
   */
  address?: string
}

/** The response of RFC 7662, section 2.2. For a token that is not active it has `active` and nothing else. */
export interface TokenIntrospection {
  /**
   * Whether the token works now.
   * @example true
   */
  active: boolean
  /**
   * What the token may do, separated by spaces.
   * @example "employees:read employees:write"
   */
  scope?: string
  /**
   * The name of the user who owns the token.
   * @example "ravi"
   */
  username?: string
  /**
   * The user's id.
   * @example "2"
   */
  sub?: string
  /**
   * The token's id.
   * @example "7"
   */
  jti?: string
  /**
   * How the token is sent (RFC 6750).
   * @example "Bearer"
   */
  token_type?: 'Bearer'
  /**
   * When the token was made, in seconds since 1970.
   * @isInt
   * @example 1795651200
   */
  iat?: number
  /**
   * When this value ends, in seconds since 1970. A value that was replaced ends with its overlap.
   * @isInt
   * @example 1827187200
   */
  exp?: number
}

@Route('api/introspect')
@Tags('checks')
export class IntrospectionController extends Controller {
  /**
   * Tells a service whose token this is and what it may do (RFC 7662).
   * A token is not active if it is unknown, expired, revoked or bound to other networks, or if its user is disabled. A service
   * that keeps the response lets the client in for that long after a revocation.
   *
   * The credential may also come as Basic, with the token as the password and any username. The session of the admin site does
   * not count.
   * @summary Introspect a token
   */
  @Post()
  @Security('Token', ['checks:read'])
  @Security('Basic')
  async introspectToken(
    @Request() request: Caller,
    @Body() body: TokenIntrospectionRequest,
  ): Promise<TokenIntrospection> {
    this.setStatus(200)
    this.setHeader('Cache-Control', 'no-store')
    const asker = { name: request.user.user.username, address: request.address }
    const found = await introspect({ value: body.token, address: body.address, asker })
    if (!found) return { active: false }
    const { user, token, scopes, isOldValue } = found
    request.res!.locals.introspected = token
    const end = isOldValue ? token.oldExpiresAt : token.expiresAt
    return {
      active: true,
      scope: scopes.join(' '),
      username: user.username,
      sub: String(user.id),
      jti: String(token.id),
      token_type: 'Bearer',
      iat: secondsOf(token.createdAt),
      ...(end && { exp: secondsOf(end) }),
    }
  }
}

function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}
