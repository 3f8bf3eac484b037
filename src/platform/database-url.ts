import { isAbsolute, resolve } from 'node:path'
import { ConfigError } from './config-error.js'
import { type PostgresConfig, parsePostgresUrl } from './postgres-url.js'

export type DatabaseConfig = { dialect: 'sqlite'; file: string; isDefault: boolean } | PostgresConfig

/**
 * The meaning of DATABASE_URL.
 * @throws {ConfigError} also for an unknown parameter, because an ignored `ssl=true` would mean clear text
 */
export function parseDatabaseUrl(text: string | undefined): DatabaseConfig {
  if (!text) return { dialect: 'sqlite', file: resolve('data/latchkey.sqlite3'), isDefault: true }
  const file = /^sqlite:(?:\/\/)?(.+)$/.exec(text)?.[1]
  return file ? sqliteFile(file) : parsePostgresUrl(text)
}

/**
 * As above, for a service. It writes, so a read-only server is refused.
 * @throws {ConfigError}
 */
export function parseOwnDatabaseUrl(text: string | undefined): DatabaseConfig {
  const config = parseDatabaseUrl(text)
  if (config.dialect === 'postgres' && READ_KINDS.includes(config.session ?? ''))
    throw new ConfigError(
      `DATABASE_URL: target_session_attrs=${config.session} leads to a server that takes no writes; it must be any, read-write or primary`,
    )
  return config
}

const READ_KINDS = ['read-only', 'standby', 'prefer-standby']

function sqliteFile(file: string): DatabaseConfig {
  if (file.includes(':memory:')) throw new ConfigError('DATABASE_URL must name a file: nothing in memory is durable')
  if (/[?#]/.test(file))
    throw new ConfigError('DATABASE_URL: sqlite:<file> takes no parameters, and no ? or # in a name')
  return { dialect: 'sqlite', file: isAbsolute(file) ? file : resolve(file), isDefault: false }
}
