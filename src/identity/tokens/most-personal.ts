import type { Transaction } from 'sequelize'
import { timeText } from '../../platform/database/prepared-writes.js'
import { runIn } from '../../platform/database/statement.js'
import { table } from '../../platform/database/tables.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { lockUsers } from '../users/lock-users.js'

/**
 * The most live personal tokens of a user. Nobody reviews more, and somebody with a stolen session cannot hide a token among a
 * million. Imported tokens are never refused, but they count.
 */
const MOST_PERSONAL = 100

const KEPT = `SELECT COUNT(*) FROM ${table('tokens')} WHERE user_id = $1 AND kind = 'personal' AND revoked_at IS NULL`

/**
 * Revoked and expired tokens do not count. Those of a disabled user do, because they work again with the user. The query has two
 * parts, because for an OR SQLite reads every expired token, and there may be 100,000 (0.1 s, measured).
 */
const LIVE = `SELECT (${KEPT} AND expires_at IS NULL) + (${KEPT} AND expires_at > $2) AS live`

/**
 * Locks the owner, so that simultaneous creates for one user wait for each other. Call it before any other lock except that of
 * scopes. The user who acts is locked by the recheck.
 * @throws {HttpError} 400 if there is no such user
 */
export async function lockOwner(userId: number, actorId: number | null, transaction: Transaction): Promise<void> {
  if (userId === actorId) return
  if (!(await lockUsers(userId, actorId, transaction))) throw invalid({ user: ['There is no such user.'] })
}

/**
 * For use when the owner is locked.
 * @throws {HttpError} 409
 */
export async function requireRoom(userId: number, transaction: Transaction): Promise<void> {
  const [{ live }] = (await runIn(transaction, LIVE, [userId, timeText(new Date())])) as [{ live: number | string }]
  if (Number(live) >= MOST_PERSONAL)
    throw new HttpError(
      409,
      `A user has at most ${MOST_PERSONAL} personal tokens at a time. Revoke one that is not needed any more.`,
    )
}
