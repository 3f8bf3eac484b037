import type { Id, Scope } from '../../api/wire.js'
import { scopesOf } from '../scopes/grammar.js'
import type { CurrentUser } from '../users/current-user.js'
import type { UserRow } from '../users/user.js'
import { boundsOf } from './bounds.js'
import { shownStateOf, stateOf } from './state.js'
import type { TokenRow } from './token.js'
import type { TokenScope } from './usage-rows.js'

export interface TokenView {
  id: Id
  /**
   * `account`: one a user, may do what the user may. `personal`: any number, each with scopes of its own.
   * @example "personal"
   */
  kind: 'account' | 'personal' | 'session'
  /** The id of the user whose token it is; it stays when the user is deleted, and nobody else gets it. */
  user: Id
  /**
   * The user's name now; null for one who was deleted.
   * @example "ravi"
   */
  username: string | null
  /**
   * Empty for an account token.
   * @example "nightly report"
   */
  name: string
  /**
   * Null for an account token, which may do what its user may.
   * @example ["employees:read"]
   */
  scopes: Scope[] | null
  /** @example "2036-01-31T12:00:00.000Z" */
  expires_at: Date | null
  /** @example [] */
  networks: string[]
  /** @example "2026-11-24T09:30:00.000Z" */
  created_at: Date
  /**
   * Prefix and last four characters of the value.
   * @example "lk_…x7Qa"
   */
  hint: string
  /**
   * The first of these that is so: `revoked` and `expired` have ended; `disabled` would work if its user were not disabled;
   * `rotating` has an old value beside the new one; `active`.
   * @example "active"
   */
  state: 'active' | 'disabled' | 'expired' | 'revoked' | 'rotating'
  /**
   * How often it may be used.
   * @example null
   */
  rate_limit: RateLimit | null
  /**
   * Of this and the next four, the last seconds may be missing: uses are written every few seconds.
   * @example null
   */
  last_used_at: Date | null
  /** @example "127.0.0.1" */
  last_used_from: string | null
  /** @example "curl/8.5.0" */
  last_used_agent: string | null
  /**
   * @isInt
   * @example 0
   */
  use_count: number
  /**
   * The scopes that it has really used; what is granted beside them may be dropped.
   * @example []
   */
  used_scopes: UsedScope[]
  /**
   * The value before the last rotation, while it still works.
   * @example null
   */
  replaced: ReplacedValue | null
}

export interface RateLimit {
  /**
   * So many requests at most.
   * @isInt
   * @minimum 1
   * @maximum 1000000
   * @example 100
   */
  requests: number
  /**
   * In so many seconds, counted from the first of them.
   * @isInt
   * @minimum 1
   * @maximum 86400
   * @example 60
   */
  seconds: number
}

export interface UsedScope {
  scope: Scope
  /** @example "2026-11-24T09:30:00.000Z" */
  last_used_at: Date
}

export interface ReplacedValue {
  /**
   * When it ends.
   * @example "2026-11-25T09:30:00.000Z"
   */
  ends_at: Date
  /**
   * When and from where it was last used since the rotation: who has not changed over yet.
   * @example null
   */
  last_used_at: Date | null
  /** @example null */
  last_used_from: string | null
  /**
   * @isInt
   * @example 0
   */
  use_count: number
}

export interface CurrentToken {
  token: TokenView
  user: CurrentUser
  /**
   * What this request may do: the user's scopes, cut down to the token's.
   * @example ["employees:read"]
   */
  scopes: Scope[]
}

/**
 * What the API, the command and the admin site show of a token; never its value.
 * @param user nobody where it was deleted
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
