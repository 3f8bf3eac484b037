import type { Id, Scope } from '../../api/wire.js'
import { scopesOf } from '../scopes/grammar.js'
import type { CurrentUser } from '../users/current-user.js'
import type { UserRow } from '../users/user.js'
import { boundsOf } from './bounds.js'
import { shownStateOf, stateOf, type TokenState } from './state.js'
import type { TokenRow } from './token.js'
import type { TokenScope } from './usage-rows.js'

/**
 * `account`: may do whatever its user may do, at most one per user. `personal`: has its own scopes, any number per user.
 * `session`: a sign-in to the sites.
 * @example "personal"
 */
export type TokenKind = 'account' | 'personal' | 'session'

/** What the service knows about a token, without its value. */
export interface TokenView {
  id: Id
  kind: TokenKind
  /** The id of the user who owns the token. It stays when the user is deleted, and no other user gets it. */
  user: Id
  /**
   * The current name of that user. Null if the user was deleted.
   * @example "Srinivas"
   */
  username: string | null
  /**
   * The name of a personal token. Empty for an account token.
   * @example "nightly report"
   */
  name: string
  /**
   * Null for an account token, which may do whatever its user may do.
   * @example ["employees:read"]
   */
  scopes: Scope[] | null
  /**
   * When the token ends. Null means that it does not end by itself.
   * @example "2036-01-31T12:00:00.000Z"
   */
  expires_at: Date | null
  /**
   * The addresses and networks (CIDR) that the token works from. An empty list means any.
   * @example []
   */
  networks: string[]
  /**
   * When the token was made.
   * @example "2026-11-24T09:30:00.000Z"
   */
  created_at: Date
  /**
   * The prefix and the last four characters of the value.
   * @example "lk_…WcPq"
   */
  hint: string
  state: TokenState
  rate_limit: RateLimit | null
  /**
   * When the token was last used. Null means never. Uses are written every few seconds, so this field and the next four may lag
   * behind.
   * @example null
   */
  last_used_at: Date | null
  /**
   * The address that it was last used from.
   * @example null
   */
  last_used_from: string | null
  /**
   * The `User-Agent` of its last use.
   * @example null
   */
  last_used_agent: string | null
  /**
   * How often it was used.
   * @isInt
   * @example 0
   */
  use_count: number
  /**
   * The scopes that the token has used. It has not needed its other scopes.
   * @example []
   */
  used_scopes: UsedScope[]
  replaced: ReplacedValue | null
}

/** How often a token may be used. Null means no limit. */
export interface RateLimit {
  /**
   * The maximum number of requests that the token may make in `seconds`.
   * @isInt
   * @minimum 1
   * @maximum 1000000
   * @example 100
   */
  requests: number
  /**
   * The length of the window in seconds. It begins with the first request.
   * @isInt
   * @minimum 1
   * @maximum 86400
   * @example 60
   */
  seconds: number
}

export interface UsedScope {
  scope: Scope
  /**
   * When it was last used.
   * @example "2026-11-24T09:30:00.000Z"
   */
  last_used_at: Date
}

/** The old value of a token that was rotated, while it still works. Null if there is none. */
export interface ReplacedValue {
  /**
   * When the old value ends.
   * @example "2026-11-25T09:30:00.000Z"
   */
  ends_at: Date
  /**
   * When it was last used since the rotation, by a client that has not changed over yet.
   * @example null
   */
  last_used_at: Date | null
  /**
   * The address that it was last used from since the rotation.
   * @example null
   */
  last_used_from: string | null
  /**
   * How often it was used since the rotation.
   * @isInt
   * @example 0
   */
  use_count: number
}

export interface CurrentToken {
  /** The token of this request, without its value. */
  token: TokenView
  user: CurrentUser
  /**
   * What this request may do: the scopes that both the user and the token have.
   * @example ["employees:read"]
   */
  scopes: Scope[]
}

/**
 * What the API, the command and the admin site show of a token. Its value is not part of it.
 * @param user null if the user was deleted
 */
export function tokenView(
  token: TokenRow & { usedScopes?: Pick<TokenScope, 'scope' | 'lastUsedAt'>[] },
  user: Pick<UserRow, 'username' | 'isActive'> | null,
): TokenView {
  const { networks, rateLimit } = boundsOf(token)
  return {
    id: token.id,
    kind: token.kind,
    user: token.userId,
    username: user?.username ?? null,
    name: token.name,
    scopes: token.scopes === null ? null : scopesOf(token.scopes),
    expires_at: token.expiresAt,
    networks,
    created_at: token.createdAt,
    hint: token.hint,
    state: shownStateOf(token, user),
    rate_limit: rateLimit,
    last_used_at: token.lastUsedAt,
    last_used_from: token.lastUsedFrom,
    last_used_agent: token.lastUsedAgent,
    use_count: Number(token.useCount),
    // Joined rows come in an order that is the database's own.
    used_scopes: (token.usedScopes ?? [])
      .map(({ scope, lastUsedAt }) => ({ scope, last_used_at: lastUsedAt }))
      .sort((one, other) => (one.scope < other.scope ? -1 : 1)),
    replaced: stateOf(token) === 'rotating' ? replaced(token) : null,
  }
}

function replaced({ oldExpiresAt, oldLastUsedAt, oldLastUsedFrom, oldUseCount }: TokenRow): ReplacedValue {
  return {
    ends_at: oldExpiresAt!,
    last_used_at: oldLastUsedAt,
    last_used_from: oldLastUsedFrom,
    use_count: Number(oldUseCount),
  }
}
