import { Op, type WhereOptions } from 'sequelize'
import { keysWhere } from '../../platform/database/prepared-reads.js'
import { User } from '../users/user.js'

/** Milliseconds without use after which a session ends (OWASP: 15 to 30 min). */
const SESSION_IDLE = 30 * 60_000

/** The columns of a token that say whether it is live. */
export interface Life {
  kind: 'account' | 'personal' | 'session'
  createdAt: Date
  expiresAt: Date | null
  revokedAt: Date | null
  lastUsedAt: Date | null
  oldExpiresAt: Date | null
}

/**
 * The first of these that is true. `revoked` and `expired`: the token has ended. `disabled`: its user is disabled. `rotating`:
 * its old value still works next to the new one. `active`: it works, and none of the others is true.
 * @example "active"
 */
export type TokenState = 'active' | 'disabled' | 'expired' | 'revoked' | 'rotating'

/** The state of a token, regardless of its user. */
type OwnState = Exclude<TokenState, 'disabled'>

/** The state of a token, regardless of its user. */
export function stateOf(token: Life): OwnState {
  if (token.revokedAt) return 'revoked'
  const end = endOf(token)
  // Compared like this, an invalid time counts as past.
  if (end !== null && !(end > Date.now())) return 'expired'
  return token.oldExpiresAt && token.oldExpiresAt.getTime() > Date.now() ? 'rotating' : 'active'
}

/**
 * The state that is shown: a token that would work is `disabled` while its user is.
 * @param user null if the user was deleted, which has ended the token
 */
export function shownStateOf(token: Life, user: { isActive: boolean } | null): TokenState {
  const state = stateOf(token)
  return user && !user.isActive && (state === 'active' || state === 'rotating') ? 'disabled' : state
}

/** The condition for a result of `shownStateOf`. Rotating tokens are `active` too. */
export function whereState(state: TokenState): WhereOptions {
  const now = new Date()
  if (state === 'revoked') return { revokedAt: { [Op.ne]: null } }
  if (state === 'expired') return { revokedAt: null, expiresAt: { [Op.lte]: now } }
  const isCurrent = { revokedAt: null, [Op.or]: [{ expiresAt: null }, { expiresAt: { [Op.gt]: now } }] }
  // An index has only these (migration 0034), because they are few.
  const disabled = keysWhere(User, { isActive: false })
  if (state === 'disabled') return { ...isCurrent, userId: { [Op.in]: disabled } }
  const works = { ...isCurrent, userId: { [Op.notIn]: disabled } }
  return state === 'rotating' ? { ...works, oldExpiresAt: { [Op.gt]: now } } : works
}

/** The condition for the token with a value. The old value counts only while it works. Later it must not stand for the token. */
export function whereValue(digests: string[]): WhereOptions {
  return { [Op.or]: [{ digest: digests }, { oldDigest: digests, oldExpiresAt: { [Op.gt]: new Date() } }] }
}

/** The columns of a revoked token. Nothing is left that could be opened or used. */
export function endedNow() {
  return { revokedAt: new Date(), sealed: null, sealedKey: null, oldDigest: null, oldExpiresAt: null }
}

/** @param maxAge the longest lifetime of a new token, in milliseconds */
export function latestExpiry(maxAge: number | undefined, madeAt: Date = new Date()): Date | null {
  return maxAge === undefined ? null : new Date(madeAt.getTime() + maxAge)
}

/** Milliseconds since 1970. A session that nobody uses ends early. */
function endOf({ kind, expiresAt, lastUsedAt, createdAt }: Life): number | null {
  const end = expiresAt?.getTime() ?? null
  return kind === 'session' ? Math.min(end!, (lastUsedAt ?? createdAt).getTime() + SESSION_IDLE) : end
}
