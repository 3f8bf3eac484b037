import { RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible'
import { isSqlite, select, sequelize } from './database/connection.js'
import { runIn } from './database/statement.js'
import { PIECE, type Sweep } from './database/sweep.js'
import { schema, table } from './database/tables.js'

const TABLE = 'throttle'

/** Milliseconds after which a count that has ended is deleted. */
const KEPT = 3_600_000

/**
 * Counts for all processes that serve one database. The counts are in the database on PostgreSQL, and in this process on SQLite,
 * which only one process serves.
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
      // The library would delete all of them with one statement, which is ended after 3 s. After a flood it would never succeed.
      clearExpiredByTimeout: false,
    })
  return new RateLimiterMemory(options)
}

const DUE = `FROM ${table(TABLE)} WHERE expire < $1`

/** Removes counts that ended long ago from the database. On SQLite there are none. */
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
 * Takes one count back. An entry that is at zero again is deleted. Otherwise every refused attempt would be remembered for a day.
 * @returns whether it was deleted
 */
export async function giveBack(counter: ReturnType<typeof limiter>, key: string): Promise<boolean> {
  const { consumedPoints } = await counter.reward(key)
  if (consumedPoints <= 0) await counter.delete(key)
  return consumedPoints <= 0
}
