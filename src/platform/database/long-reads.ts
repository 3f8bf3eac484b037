import { HttpError } from '../failures.js'
import { FairGate } from '../fair-gate.js'
import { LONG_READS } from '../shares.js'
import { isSqlite, sequelize } from './connection.js'
import { type ConnectionManager, type Lane, longLane } from './sqlite.js'

export { type Lane, PAGES } from './sqlite.js'

/** The most milliseconds for a long read. On PostgreSQL, it is the timeout of each statement. */
const LONGEST = 3000

/** Milliseconds between two attempts to end a read, because its next statement may begin just after the first attempt. */
const AGAIN = 100

/** The SQLSTATE of a statement that the server has ended, and SQLite's name for it. */
const ENDED = ['57014', 'SQLITE_INTERRUPT']

const gate = new FairGate({
  slots: LONG_READS,
  queue: 256,
  patience: 2000,
  busy: () =>
    new HttpError(503, 'Too many lists are being read at the same time. Please try again.', { retryAfter: 2 }),
})

/**
 * Runs a read that may go through a whole table: lists with filters, counts, the verification of the trail. A few run at a time,
 * on connections of their own, so that reads by key need not wait for them. A user who asks for many takes turns with others.
 * @param who the name of the line
 * @throws {HttpError} 503 after 2 s of waiting, or 3 s of reading
 */
export function atLength<Result>(who: string, read: (lane: Lane) => Promise<Result>): Promise<Result> {
  return gate.run(who, async (slot) => {
    const lane = longLane(slot)
    const stopWatching = isSqlite ? interruptLate(lane) : () => {}
    try {
      return await read(lane)
    } catch (error) {
      throw wasEnded(error) ? tooLong(error) : error
    } finally {
      stopWatching()
    }
  })
}

/** Options for Sequelize's own reads: the connection to SQLite that they use. */
export function on(lane: Lane): object {
  return isSqlite ? { uuid: lane } : {}
}

/** For the metrics. */
export const longReadCounts = () => gate.counts()

/** @returns a function that stops it */
function interruptLate(lane: Lane): () => void {
  const { connections } = sequelize.connectionManager as unknown as ConnectionManager
  const started = performance.now()
  const timer = setInterval(() => performance.now() - started >= LONGEST && connections[lane]?.interrupt(), AGAIN)
  return () => clearInterval(timer)
}

function wasEnded(error: unknown) {
  const { parent } = error as { parent?: { code?: string } }
  return ENDED.includes(parent?.code ?? '')
}

function tooLong(cause: unknown) {
  return new HttpError(503, 'This takes longer than 3 s. Ask for less, or use a cursor instead of an offset.', {
    retryAfter: 2,
    cause,
  })
}
