import { QueryTypes } from 'sequelize'
import { isSqlite, sequelize } from '../../platform/database/connection.js'
import { table } from '../../platform/database/tables.js'
import { limiter } from '../../platform/limiter.js'

/** What is left of a token's budget after this request. */
export interface Budget {
  allowed: boolean
  remaining: number
  /** Seconds until the window ends, rounded up. */
  reset: number
}

/** Each count gives the points, because they are the token's own. */
const windows = limiter('token', 1, 1)

/**
 * Counts one request against a token's limit. The window starts with its first request. Counting is one step, so even
 * simultaneous requests cannot exceed the limit.
 */
export async function spend(tokenId: number, limit: { requests: number; seconds: number }): Promise<Budget> {
  const { count, left } = isSqlite
    ? await countHere(tokenId, limit.seconds)
    : await countTogether(tokenId, limit.seconds)
  return {
    allowed: count <= limit.requests,
    remaining: Math.max(0, limit.requests - count),
    reset: Math.max(1, Math.ceil(left / 1000)),
  }
}

/** A window that began under a longer limit ends no later than the current limit allows. */
async function countHere(tokenId: number, seconds: number) {
  const { consumedPoints, msBeforeNext } = await windows.penalty(tokenId, 1, { customDuration: seconds })
  const length = seconds * 1000
  if (msBeforeNext > length) await windows.set(tokenId, consumedPoints, seconds)
  return { count: consumedPoints, left: Math.min(msBeforeNext, length) }
}

/** The database's clock decides, because the clocks of several nodes differ. */
async function countTogether(tokenId: number, seconds: number) {
  const [row] = await sequelize.query<{ count: number; left: string }>(
    `WITH clock AS (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now)
     INSERT INTO ${table('rate_windows')} AS w (token_id, count, ends_at) SELECT $tokenId, 1, now + $length FROM clock
     ON CONFLICT (token_id) DO UPDATE SET
       count = CASE WHEN w.ends_at <= (SELECT now FROM clock) THEN 1 ELSE w.count + 1 END,
       ends_at = CASE WHEN w.ends_at <= (SELECT now FROM clock) THEN EXCLUDED.ends_at ELSE LEAST(w.ends_at, EXCLUDED.ends_at) END
     RETURNING count, ends_at - (SELECT now FROM clock) AS left`,
    { bind: { tokenId, length: seconds * 1000 }, type: QueryTypes.SELECT },
  )
  return { count: row!.count, left: Number(row!.left) }
}
