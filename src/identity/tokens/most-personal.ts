import type { Transaction } from 'sequelize'
import { timeText } from '../../platform/database/prepared-writes.js'
import { runIn } from '../../platform/database/statement.js'
import { table } from '../../platform/database/tables.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { lockUsers } from '../users/lock-users.js'

/**
 * Live personal tokens that a user has at most: nobody reviews more of them, and whoever has a session cannot hide one among a
 * million. Imported ones came with their service and are not refused, but they count.
 */
const MOST_PERSONAL = 100

const KEPT = `SELECT COUNT(*) FROM ${table('tokens')} WHERE user_id = $1 AND kind = 'personal' AND revoked_at IS NULL`

/**
 * Revoked and expired ones do not count; those of a disabled user do, as they wake with it. In two parts, because for an OR SQLite
 * looks at every expired one, of which there may be 100,000 (0.1 s, measured).
 */
const LIVE = `SELECT (${KEPT} AND expires_at IS NULL) + (${KEPT} AND expires_at > $2) AS live`

/**
 * Of several who make tokens for one user at the same moment each waits for the one before: for use before any other lock but that of
 * scopes. A user who acts is locked by being asked again.
 * @throws {HttpError} 400 when there is no such user
 */
export async function lockOwner(userId: number, actorId: number | null, transaction: Transaction): Promise<void> {
  if (userId === actorId) return
  if (!(await lockUsers(userId, actorId, transaction))) throw invalid({ user: ['There is no such user.'] })
}

/** For use where the owner is locked. @throws {HttpError} 409 */
export async function requireRoom(userId: number, transaction: Transaction): Promise<void> {
  const [{ live }] = (await runIn(transaction, LIVE, [userId, timeText(new Date())])) as [{ live: number | string }]
  if (Number(live) >= MOST_PERSONAL)
    throw new HttpError(
      409,
      `A user has at most ${MOST_PERSONAL} personal tokens at a time. Revoke one that is not needed any more.`,
    )
}
