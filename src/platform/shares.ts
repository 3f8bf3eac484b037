import { availableParallelism } from 'node:os'
import { settings } from './config.js'

const { workers, threads, database, databasePool, passwordCost, rememberedTokens } = settings()

const cores = Math.max(1, Math.floor(availableParallelism() / workers))

/**
 * How many password hashes run at once. bcrypt and sqlite3 share libuv's threads. Two stay free, because otherwise 50 logins stop
 * every read for 20 s (measured).
 */
export const HASHES = Math.max(1, Math.min(cores, threads - 2))

/** The cost of bcrypt: a hash takes two to this power rounds. */
export const PASSWORD_COST = passwordCost

/** How many tokens have their rights remembered by a process. */
export const REMEMBERED_TOKENS = rememberedTokens

/**
 * How many long reads run at once. One core and, on SQLite, one thread stay free for short ones. On PostgreSQL, half of the
 * connections stay free.
 */
export const LONG_READS = Math.max(
  1,
  Math.min(cores - 1, database.dialect === 'sqlite' ? threads - HASHES - 1 : Math.floor(databasePool / 2)),
)
