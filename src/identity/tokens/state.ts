import { Op, type WhereOptions } from 'sequelize'

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

export type TokenState = 'active' | 'expired' | 'revoked' | 'rotating'

export function stateOf(token: Life): TokenState {
  if (token.revokedAt) return 'revoked'
  const end = endOf(token)
  // Told as what is not after now, so that a time which is none has passed.
  if (end !== null && !(end > Date.now())) return 'expired'
  return token.oldExpiresAt && token.oldExpiresAt.getTime() > Date.now() ? 'rotating' : 'active'
}

/** The condition of what `stateOf` tells. */
export function whereState(state: TokenState): WhereOptions {
  const now = new Date()
  const isCurrent = { [Op.or]: [{ expiresAt: null }, { expiresAt: { [Op.gt]: now } }] }
  if (state === 'revoked') return { revokedAt: { [Op.ne]: null } }
  if (state === 'expired') return { revokedAt: null, expiresAt: { [Op.lte]: now } }
  if (state === 'rotating') return { revokedAt: null, ...isCurrent, oldExpiresAt: { [Op.gt]: now } }
  return { revokedAt: null, ...isCurrent }
}

/** What a revoked token keeps: nothing that could be opened or used. */
export function endedNow() {
  return { revokedAt: new Date(), sealed: null, sealedKey: null, oldDigest: null, oldExpiresAt: null }
}

/** Of a token that is made now. @param maxAge milliseconds that a new token lives at most */
export function latestExpiry(maxAge: number | undefined): Date | null {
  return maxAge === undefined ? null : new Date(Date.now() + maxAge)
}

/** Milliseconds since 1970. A session that nobody uses ends before its time. */
function endOf({ kind, expiresAt, lastUsedAt, createdAt }: Life): number | null {
  const end = expiresAt?.getTime() ?? null
  return kind === 'session' ? Math.min(end!, (lastUsedAt ?? createdAt).getTime() + SESSION_IDLE) : end
}
