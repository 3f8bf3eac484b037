import { readFileSync } from 'node:fs'
import { isSqlite } from './database.js'

/** Of the package. */
export const VERSION: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version

export const DATABASE = isSqlite ? 'SQLite' : 'PostgreSQL'
