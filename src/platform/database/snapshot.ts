import { Transaction } from 'sequelize'
import { isSqlite, sequelize } from './connection.js'
import { settle } from './postgres.js'

/**
 * A reader that stops for longer than this loses its moment: on PostgreSQL it keeps dead rows of every table from being cleared
 * away, on SQLite the log from being taken up into the file.
 */
const PATIENCE = "SET LOCAL idle_in_transaction_session_timeout = '10min'"

/**
 * Reads that all see the database as it was at one moment, while others write. For a process of its own: on SQLite it takes the
 * connection of the writers.
 * @param read passes the transaction to each query, and writes nothing
 */
export function atOneMoment<Result>(read: (transaction: Transaction) => Promise<Result>): Promise<Result> {
  // SQLite's moment is that of the first read.
  if (isSqlite) return sequelize.transaction({ type: Transaction.TYPES.DEFERRED }, read)
  return sequelize.transaction(
    { isolationLevel: Transaction.ISOLATION_LEVELS.REPEATABLE_READ },
    async (transaction) => {
      await sequelize.query('SET TRANSACTION READ ONLY', { transaction })
      await settle(sequelize, transaction)
      await sequelize.query(PATIENCE, { transaction })
      return read(transaction)
    },
  )
}
