import { RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible'
import { QueryTypes } from 'sequelize'
import { isSqlite, sequelize } from './database/connection.js'
import { schema, table } from './database/tables.js'
import { write } from './database/write-queue.js'

const TABLE = 'throttle'

/** Milliseconds after which a count that has ended goes, and rows that are deleted in one short statement. */
const KEPT = 3_600_000
const PIECE = 1000

/**
 * Counts for all who serve one database: in it on PostgreSQL, and in this process on SQLite, which one process serves.
 * @param points within `duration` seconds
 */
export function limiter(keyPrefix: string, points: number, duration: number) {
  const options = { keyPrefix, points, duration }
  if (!isSqlite)
    return new RateLimiterPostgres({
      ...options,
      storeClient: sequelize,
      storeType: 'sequelize',
      schemaName: schema,
      tableName: TABLE,
      tableCreated: true,
      // It would delete all of them by one statement, which is ended after 3 s: after a flood, for ever.
      clearExpiredByTimeout: false,
    })
  return new RateLimiterMemory(options)
}

/** Deletes the counts in the database that have long ended, a few rows at a time. */
export async function pruneCounts(): Promise<void> {
  if (isSqlite) return
  const statement = `DELETE FROM ${table(TABLE)} WHERE key IN (SELECT key FROM ${table(TABLE)} WHERE expire < $ended LIMIT ${PIECE})`
  const bind = { ended: Date.now() - KEPT }
  for (let count = PIECE; count === PIECE; )
    count = await write((transaction) =>
      sequelize.query(statement, { bind, type: QueryTypes.BULKDELETE, transaction }).then(Number),
    )
}

/**
 * Takes one count back. An entry that is at zero again goes: else whatever was refused would be remembered for a day.
 * @returns whether it has gone
 */
export async function giveBack(counter: ReturnType<typeof limiter>, key: string): Promise<boolean> {
  const { consumedPoints } = await counter.reward(key)
  if (consumedPoints <= 0) await counter.delete(key)
  return consumedPoints <= 0
}
