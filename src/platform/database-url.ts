import { readFileSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { ConfigError } from './config-error.js'

export type DatabaseConfig =
  | { dialect: 'sqlite'; file: string; isDefault: boolean }
  | {
      dialect: 'postgres'
      host: string
      port: number
      name: string
      username: string
      password: string
      tls: { rejectUnauthorized: boolean; ca?: string } | undefined
    }

const TAKEN = ['sslmode', 'sslrootcert']

/**
 * What others take in such a URL, and would be missed without a word: libpq (PostgreSQL 18, chapter 32.1.2), node-postgres,
 * Prisma and Rails. Only these are named, because another name may be a part of a password that is not percent-encoded.
 */
const FOREIGN =
  `application_name channel_binding client_encoding connect_timeout dbname fallback_application_name gssdelegation
  gssencmode gsslib host hostaddr keepalives keepalives_count keepalives_idle keepalives_interval krbsrvname load_balance_hosts
  max_protocol_version min_protocol_version oauth_client_id oauth_client_secret oauth_issuer oauth_scope options passfile
  password port replication require_auth requirepeer requiressl scram_client_key scram_server_key service servicefile
  ssl_max_protocol_version ssl_min_protocol_version sslcert sslcertmode sslcompression sslcrl sslcrldir sslkey sslkeylogfile
  sslnegotiation sslpassword sslsni target_session_attrs tcp_user_timeout user
  encoding idle_in_transaction_session_timeout keepAlive lock_timeout max query_timeout sslca ssl statement_timeout uselibpqcompat
  connection_limit pgbouncer pool pool_timeout reconnect schema search_path socket_timeout timeout`.split(/\s+/)

/**
 * The meaning of DATABASE_URL.
 * @throws {ConfigError} also for a parameter that is not known: `ssl=true` that is ignored would be clear text
 */
export function parseDatabaseUrl(text: string | undefined): DatabaseConfig {
  if (!text) return { dialect: 'sqlite', file: resolve('data/latchkey.sqlite3'), isDefault: true }
  const file = /^sqlite:(?:\/\/)?(.+)$/.exec(text)?.[1]
  if (file) return sqliteFile(file)
  const url = /^postgres(ql)?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined
  if (!url?.hostname || url.pathname.length < 2)
    throw new ConfigError('DATABASE_URL must be sqlite:<file> or postgres://user:password@host:port/name')
  requireKnownParameters(url)
  try {
    const [name, username, password] = [url.pathname.slice(1), url.username, url.password].map(decodeURIComponent) as [
      string,
      string,
      string,
    ]
    const host = url.hostname.replace(/^\[|\]$/g, '')
    return { dialect: 'postgres', host, port: Number(url.port || 5432), name, username, password, tls: tls(url) }
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError('DATABASE_URL has a part that is not percent-encoded as it should be', { cause })
  }
}

function sqliteFile(file: string): DatabaseConfig {
  if (file.includes(':memory:')) throw new ConfigError('DATABASE_URL must name a file: nothing in memory is durable')
  if (/[?#]/.test(file))
    throw new ConfigError('DATABASE_URL: sqlite:<file> takes no parameters, and no ? or # in a name')
  return { dialect: 'sqlite', file: isAbsolute(file) ? file : resolve(file), isDefault: false }
}

function requireKnownParameters({ searchParams, hash }: URL) {
  if (hash) throw new ConfigError('DATABASE_URL takes no # and what follows it; in a password it is written %23')
  const names = [...searchParams.keys()]
  const unknown = names.find((name) => !TAKEN.includes(name))
  const known = 'only sslmode and sslrootcert are known here'
  if (unknown !== undefined)
    throw new ConfigError(
      FOREIGN.includes(unknown)
        ? `DATABASE_URL: the parameter ${unknown} is not taken, ${known}`
        : `DATABASE_URL has a parameter that is not known (number ${names.indexOf(unknown) + 1} after the ?), ${known}`,
    )
  if (new Set(names).size < names.length) throw new ConfigError('DATABASE_URL has a parameter twice')
}

/** libpq's words; its `require` encrypts without checking the certificate, ours checks it. */
function tls({ searchParams }: URL) {
  const mode = searchParams.get('sslmode') ?? 'disable'
  const file = searchParams.get('sslrootcert')
  if (!['disable', 'require', 'verify-full'].includes(mode))
    throw new ConfigError('DATABASE_URL: sslmode must be disable, require or verify-full')
  if (mode === 'disable') {
    if (file === null) return undefined
    throw new ConfigError('DATABASE_URL: sslrootcert needs sslmode=verify-full, or the connection is in clear text')
  }
  try {
    return { rejectUnauthorized: true, ca: file ? readFileSync(file, 'utf8') : undefined }
  } catch (cause) {
    throw new ConfigError('DATABASE_URL: the file that sslrootcert names cannot be read', { cause })
  }
}
