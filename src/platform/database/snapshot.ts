import { Transaction } from 'sequelize'
import { isSqlite, sequelize } from './connection.js'
import { avoidNames, settle } from './postgres.js'
import { runIn } from './statement.js'
import { table } from './tables.js'

/**
 * A reader that stops for longer than this loses its moment: on PostgreSQL it keeps dead rows of every table from being cleared
 * away, on SQLite the log from being taken up into the file.
 */
const PATIENCE = "SET LOCAL idle_in_transaction_session_timeout = '10min'"

/** Both databases take the moment at the first read of a table. */
const FIRST_READ = `SELECT value FROM ${table('epoch')}`

/**
 * Reads that all see the database as it was at one moment, the beginning, while others write. For a process of its own: on SQLite
 * it takes the connection of the writers.
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
