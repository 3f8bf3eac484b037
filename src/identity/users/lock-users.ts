import type { Transaction } from 'sequelize'
import { isSqlite } from '../../platform/database/connection.js'
import { runIn } from '../../platform/database/statement.js'
import { table } from '../../platform/database/tables.js'

/** The lock of an update that changes no key, so that rows that only refer to a user need not wait. */
const BOTH = `SELECT id FROM ${table('users')} WHERE id IN ($1, $2)
  ORDER BY is_superuser AND is_active DESC, id${isSqlite ? '' : ' FOR NO KEY UPDATE'}`

/**
 * Locks a user and the user who acts on them. Call it before any other lock except that of scopes. Superusers are locked first,
 * by id, as a change of rights locks them. If each write locked its user first, two superusers at work would wait for each other,
 * a second each time (a deadlock of PostgreSQL).
 * @returns whether the user exists
 */
export async function lockUsers(userId: number, actorId: number | null, transaction: Transaction): Promise<boolean> {
  const found = (await runIn(transaction, BOTH, [userId, actorId ?? userId])) as { id: number }[]
  return found.some(({ id }) => id === userId)
}
