import { RateLimiterCluster, RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible'
import { isWorker } from './config.js'
import { isSqlite, sequelize } from './database/connection.js'

/** Milliseconds that a worker waits for the primary's count. */
const PATIENCE = 2000

/**
 * Counts for all who serve one database: in it on PostgreSQL, in the primary's memory where workers share one SQLite file,
 * else in this process.
 * @param points within `duration` seconds
 */
export function limiter(keyPrefix: string, points: number, duration: number) {
  const options = { keyPrefix, points, duration }
  if (!isSqlite)
    return new RateLimiterPostgres({
      ...options,
      storeClient: sequelize,
      storeType: 'sequelize',
      tableName: 'throttle',
      tableCreated: true,
      clearExpiredByTimeout: true,
    })
  return isWorker() ? new RateLimiterCluster({ ...options, timeoutMs: PATIENCE }) : new RateLimiterMemory(options)
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
