import { RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible'
import { isSqlite, select, sequelize } from './database/connection.js'
import { runIn } from './database/statement.js'
import { PIECE, type Sweep } from './database/sweep.js'
import { schema, table } from './database/tables.js'

const TABLE = 'throttle'

/** Milliseconds after which a count that has ended goes. */
const KEPT = 3_600_000

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

const DUE = `FROM ${table(TABLE)} WHERE expire < $1`

/** Counts in the database that have long ended; on SQLite there are none. */
export const endedCounts: Sweep = {
  kind: 'throttle',
  due: async () => {
    if (isSqlite) return 0
    const [row] = await select<{ count: string }>(`SELECT count(*) AS count ${DUE}`, [Date.now() - KEPT])
    return Number(row!.count)
  },
  piece: async (transaction) => {
    if (isSqlite) return 0
    const statement = `DELETE FROM ${table(TABLE)} WHERE key IN (SELECT key ${DUE} LIMIT ${PIECE} FOR UPDATE SKIP LOCKED) RETURNING 1`
    return (await runIn(transaction, statement, [Date.now() - KEPT])).length
  },
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
