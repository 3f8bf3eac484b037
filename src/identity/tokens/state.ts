import { Op, type WhereOptions } from 'sequelize'
import { keysWhere } from '../../platform/database/prepared-reads.js'
import { User } from '../users/user.js'

/** Milliseconds without use after which a session ends (OWASP: 15 to 30 min). */
const SESSION_IDLE = 30 * 60_000

/** The columns of a token that tell whether it lives. */
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

/** What a token is by itself. */
type OwnState = Exclude<TokenState, 'disabled'>

/** Of a token by itself, whoever its user is. */
export function stateOf(token: Life): OwnState {
  if (token.revokedAt) return 'revoked'
  const end = endOf(token)
  // Told as what is not after now, so that a time which is none has passed.
  if (end !== null && !(end > Date.now())) return 'expired'
  return token.oldExpiresAt && token.oldExpiresAt.getTime() > Date.now() ? 'rotating' : 'active'
}

/**
 * What is shown of a token: one that would work rests while its user is disabled.
 * @param user nobody where it was deleted, which has ended the token
 */
export function shownStateOf(token: Life, user: { isActive: boolean } | null): TokenState {
  const state = stateOf(token)
  return user && !user.isActive && (state === 'active' || state === 'rotating') ? 'disabled' : state
}

/** The condition of what `shownStateOf` tells; what is rotating is `active` too. */
export function whereState(state: TokenState): WhereOptions {
  const now = new Date()
  if (state === 'revoked') return { revokedAt: { [Op.ne]: null } }
  if (state === 'expired') return { revokedAt: null, expiresAt: { [Op.lte]: now } }
  const isCurrent = { revokedAt: null, [Op.or]: [{ expiresAt: null }, { expiresAt: { [Op.gt]: now } }] }
  // An index has them alone (migration 0034), because they are few.
  const disabled = keysWhere(User, { isActive: false })
  if (state === 'disabled') return { ...isCurrent, userId: { [Op.in]: disabled } }
  const works = { ...isCurrent, userId: { [Op.notIn]: disabled } }
  return state === 'rotating' ? { ...works, oldExpiresAt: { [Op.gt]: now } } : works
}

/** The condition of the token of a value. The one before a rotation counts while it works: later it must not stand for the token. */
export function whereValue(digests: string[]): WhereOptions {
  return { [Op.or]: [{ digest: digests }, { oldDigest: digests, oldExpiresAt: { [Op.gt]: new Date() } }] }
}

/** What a revoked token keeps: nothing that could be opened or used. */
export function endedNow() {
  return { revokedAt: new Date(), sealed: null, sealedKey: null, oldDigest: null, oldExpiresAt: null }
}

/** @param maxAge milliseconds that a new token lives at most */
export function latestExpiry(maxAge: number | undefined, madeAt: Date = new Date()): Date | null {
  return maxAge === undefined ? null : new Date(madeAt.getTime() + maxAge)
}

/** Milliseconds since 1970. A session that nobody uses ends before its time. */
function endOf({ kind, expiresAt, lastUsedAt, createdAt }: Life): number | null {
  const end = expiresAt?.getTime() ?? null
  return kind === 'session' ? Math.min(end!, (lastUsedAt ?? createdAt).getTime() + SESSION_IDLE) : end
}
