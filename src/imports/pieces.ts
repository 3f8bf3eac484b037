import { setTimeout } from 'node:timers/promises'
import { isSqlite } from '../platform/database/connection.js'

/** How often a piece is tried if another process holds SQLite's lock. Each attempt waits 2 s for it. */
const ATTEMPTS = 10

/** Milliseconds after each piece in which the service's own writers can use SQLite. They look for its lock now and then. */
const PAUSE = 20

/** Writes a piece while a service is running. A piece is written completely or not at all. */
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
