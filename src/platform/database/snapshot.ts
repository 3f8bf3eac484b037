import { Transaction } from 'sequelize'
import { isSqlite, sequelize } from './connection.js'
import { avoidNames, settle } from './postgres.js'
import { runIn } from './statement.js'
import { table } from './tables.js'

/**
 * A reader that pauses for longer than this loses its snapshot. Meanwhile PostgreSQL cannot clear away dead rows of any table,
 * and SQLite cannot move its log into the file.
 */
const PATIENCE = "SET LOCAL idle_in_transaction_session_timeout = '10min'"

/** Both databases take the snapshot at the first read of a table. */
const FIRST_READ = `SELECT value FROM ${table('epoch')}`

/**
 * Runs reads that all see the database at one moment, the beginning, while others write. Use it in a process of its own, because
 * on SQLite it takes the writers' connection.
 * @param read passes the transaction to each query, and writes nothing
 */
export function atOneMoment<Result>(read: (transaction: Transaction) => Promise<Result>): Promise<Result> {
  const begin = isSqlite
    ? { type: Transaction.TYPES.DEFERRED }
    : { isolationLevel: Transaction.ISOLATION_LEVELS.REPEATABLE_READ }
  return sequelize.transaction(begin, async (transaction) => {
    if (!isSqlite) {
      await sequelize.query('SET TRANSACTION READ ONLY', { transaction })
      await settle(sequelize, transaction)
      avoidNames()
      await sequelize.query(PATIENCE, { transaction })
    }
    await runIn(transaction, FIRST_READ, [])
    return read(transaction)
  })
}
