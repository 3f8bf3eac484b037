import { availableParallelism } from 'node:os'
import { settings } from './config.js'

const { workers, threads, database, databasePool } = settings()

const cores = Math.max(1, Math.floor(availableParallelism() / workers))

/**
 * Password hashes that run at once. bcrypt and sqlite3 share libuv's threads: two stay free, else 50 logins stop every read
 * for 20 s (measured).
 */
export const HASHES = Math.max(1, Math.min(cores, threads - 2))

/**
 * Reads at length that run at once: one core and, on SQLite, one thread stay free for what is short; on PostgreSQL, half of
 * the connections.
 */
export const LONG_READS = Math.max(
  1,
  Math.min(cores - 1, database.dialect === 'sqlite' ? threads - HASHES - 1 : Math.floor(databasePool / 2)),
)
