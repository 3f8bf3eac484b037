import type { Transaction } from 'sequelize'
import { isSqlite } from '../../platform/database/connection.js'
import { runIn } from '../../platform/database/statement.js'
import { table } from '../../platform/database/tables.js'

/** As for an update of no key, so that what only refers to a user need not wait. */
const BOTH = `SELECT id FROM ${table('users')} WHERE id IN ($1, $2)
  ORDER BY is_superuser AND is_active DESC, id${isSqlite ? '' : ' FOR NO KEY UPDATE'}`

/**
 * Locks a user and the one who acts on it, for use before any other lock but that of scopes: superusers first and by their ids, as a
 * change of rights locks them. Each by itself, the user first, two superusers at work would wait for each other, for a second each
 * time (a deadlock of PostgreSQL).
 * @returns whether the user is there
 */
export async function lockUsers(userId: number, actorId: number | null, transaction: Transaction): Promise<boolean> {
  const found = (await runIn(transaction, BOTH, [userId, actorId ?? userId])) as { id: number }[]
  return found.some(({ id }) => id === userId)
}
