import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { variable } from '../../platform/config.js'
import { type DatabaseConfig, parseDatabaseUrl } from '../../platform/database-url.js'
import { Refusal } from './plan.js'
import { postgresTables } from './postgres-catalogue.js'
import { reading } from './reading.js'
import { sqliteTables } from './sqlite-catalogue.js'
import type { Catalogue } from './table.js'

/**
 * Reads a database's tables, and the ranges of values in their rows. It writes nothing.
 * @param source a URL as in `DATABASE_URL`, the path of a SQLite file, or the name of a variable with one
 * @throws {Refusal} without the URL in its message
 */
export async function readCatalogue(source: string): Promise<Catalogue> {
  const config = configOf(source)
  try {
    return await reading(config, async (ask) =>
      config.dialect === 'sqlite'
        ? { name: basename(config.file).replace(/\..*$/, ''), tables: await sqliteTables(ask) }
        : { name: config.name, tables: await postgresTables(ask) },
    )
  } catch (error) {
    const { message, code } = error as { message?: string; code?: string }
    throw new Refusal(`--from: the database cannot be read: ${message || code || 'no connection'}`, { cause: error })
  }
}

function configOf(source: string): DatabaseConfig {
  const isVariable = /^[A-Z][A-Z0-9_]*$/.test(source)
  const text = isVariable ? variable(source) : source
  if (!text) throw new Refusal(`--from: the variable ${source} is not set`)
  const url = !text.includes(':') && existsSync(text) ? `sqlite:${text}` : text
  try {
    const config = parseDatabaseUrl(url)
    if (config.dialect === 'sqlite' && !existsSync(config.file)) throw new Error('DATABASE_URL: there is no such file')
    return config
  } catch (error) {
    throw new Refusal((error as Error).message.replace(/^DATABASE_URL/, isVariable ? source : '--from'))
  }
}
