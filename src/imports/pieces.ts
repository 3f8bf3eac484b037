import { setTimeout } from 'node:timers/promises'
import { isSqlite } from '../platform/database/connection.js'

/** Times that a piece is tried where another process holds SQLite's lock; each waits 2 s for it. */
const ATTEMPTS = 10

/**
 * Milliseconds that SQLite is left to the service's own writers after each piece: they look for its lock every 25 to 100 ms, and
 * would not find it between two pieces that follow each other.
 */
const PAUSE = 50

/** Writes a piece beside a service that is running. A piece is written whole or not at all. */
export async function patiently<Result>(write: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await write()
      if (isSqlite) await setTimeout(PAUSE)
      return result
    } catch (error) {
      const { parent } = error as { parent?: { code?: string } }
      if (attempt === ATTEMPTS || parent?.code !== 'SQLITE_BUSY') throw error
    }
  }
}
