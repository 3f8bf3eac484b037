import cluster from 'node:cluster'
import { lstatSync, readFileSync, statSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import proxyAddress from 'proxy-addr'
import { ConfigError } from './config-error.js'
import { type DatabaseConfig, parseOwnDatabaseUrl } from './database-url.js'
import { listenHost } from './listen-host.js'
import { parsePublicUrl } from './public-url.js'
import { withSecretFiles } from './secret-files.js'
import { secretKey } from './secret-key.js'
import { type UnknownVariable, unknownVariables } from './unknown-variables.js'
import { corsOrigin, tracesEndpoint } from './urls.js'
import { LOG_LEVELS, VARIABLES } from './variables.js'

export { ConfigError, type DatabaseConfig }

/** The settings of one process. Nothing else reads the environment. */
export interface Settings {
  port: number
  /** An address or a name. IPv6 has no brackets. */
  host: string
  database: DatabaseConfig
  /** Whether a start without a database is refused instead of making one. */
  databaseMustExist: boolean
  /** How many connections to PostgreSQL each process may have. */
  databasePool: number
  /** Its path ends with a slash. It is `/` if the service has an origin of its own. */
  publicUrl: URL | undefined
  allowedHosts: string[]
  /** The origins whose pages may use the API, as browsers write them. */
  corsOrigins: string[]
  /**
   * The server keys in the given order. The first seals, and all open. If empty, the key file next to the SQLite database is
   * used.
   */
  secretKeys: Buffer[]
  /** A hop count, or the addresses and networks whose X-Forwarded-* headers count. */
  trustProxy: number | string[]
  isBehindProxy: boolean
  logLevel: string
  docs: boolean
  superuser: { username: string; password: string } | undefined
  /** The longest lifetime of a new token, in milliseconds. */
  tokenMaxAge: number | undefined
  /** How long events are kept, in milliseconds. */
  eventsMaxAge: number | undefined
  /** How long records of tokens and sessions are kept after their end, in milliseconds. */
  endedMaxAge: number | undefined
  /** The cost of bcrypt for passwords. */
  passwordCost: number
  /** How many tokens and sessions have their rights remembered by a process. */
  rememberedTokens: number
  /** The source of `latchkey import`, so that a URL with a password need not be an argument. */
  importUrl: string | undefined
  /** Where traces are sent. OpenTelemetry's own packages read it and their other variables themselves. */
  tracesEndpoint: string | undefined
  /** How many processes answer requests. This one starts them if there are several. */
  workers: number
  /** How many threads libuv has for files, SQLite and password hashes. */
  threads: number
}

type Environment = Record<string, string | undefined>

/** @throws {ConfigError} at the first setting that cannot be used */
export function loadConfig(given: Environment): Settings {
  const env = withSecretFiles(given)
  const proxies = trustProxy(env.LATCHKEY_TRUST_PROXY)
  return {
    port: integer(env, 'PORT', 8000, 0, 65535),
    host: listenHost(env.HOST),
    database: parseOwnDatabaseUrl(env.DATABASE_URL),
    databaseMustExist: oneOf(env, 'LATCHKEY_DATABASE_MUST_EXIST', 'off', ['on', 'off']) === 'on',
    databasePool: integer(env, 'LATCHKEY_DATABASE_POOL', 10, 2, 200),
    publicUrl: parsePublicUrl(env.LATCHKEY_PUBLIC_URL),
    allowedHosts: list(env.LATCHKEY_ALLOWED_HOSTS).map(allowedHost),
    corsOrigins: list(env.LATCHKEY_CORS_ORIGINS).map(corsOrigin),
    secretKeys: list(env.LATCHKEY_SECRET_KEY).map(secretKey),
    trustProxy: proxies,
    isBehindProxy: typeof proxies === 'number' ? proxies > 0 : proxies.length > 0,
    logLevel: oneOf(env, 'LATCHKEY_LOG_LEVEL', 'info', LOG_LEVELS),
    docs: oneOf(env, 'LATCHKEY_DOCS', 'on', ['on', 'off']) === 'on',
    superuser: superuser(env),
    tokenMaxAge: age(env, 'LATCHKEY_TOKEN_MAX_AGE'),
    eventsMaxAge: age(env, 'LATCHKEY_EVENTS_MAX_AGE'),
    endedMaxAge: age(env, 'LATCHKEY_ENDED_MAX_AGE', '90d'),
    // 10 is the minimum in OWASP's Password Storage Cheat Sheet. 14 takes a second, the most that it recommends.
    passwordCost: integer(env, 'LATCHKEY_PASSWORD_COST', 12, 10, 14),
    rememberedTokens: integer(env, 'LATCHKEY_REMEMBERED_TOKENS', 10_000, 1000, 1_000_000),
    importUrl: env.LATCHKEY_IMPORT_URL || undefined,
    tracesEndpoint: tracesEndpoint(env.OTEL_EXPORTER_OTLP_ENDPOINT),
    workers: integer(env, 'WEB_CONCURRENCY', 1, 1, 64),
    threads: integer(env, 'UV_THREADPOOL_SIZE', 4, 1, 1024),
  }
}

/** @returns milliseconds for `90d`, `12h`, `30m` or `45s`, and nothing for other text */
export function durationOf(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? []
  return count === undefined
    ? undefined
    : Number(count) * { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 's']
}

let current: Settings | undefined

/**
 * The settings of this process, from the environment and a `.env` file. The entry points and the commands call this and pass the
 * settings on. Only the singletons of the process also call it: the database connection, the log, the metrics, and the counters
 * and queues of the process.
 * @throws {ConfigError} as `loadConfig`
 */
export function settings(): Settings {
  current ??= loadConfig(environment())
  return current
}

/** Variables that look like settings but are not. They cause a warning, and do not stop a start. */
export function misspelledSettings(): UnknownVariable[] {
  return unknownVariables(process.env, Object.keys(VARIABLES))
}

/** Every setting that cannot be used, one line each. A start stops at the first. */
export function wrongSettings(): string[] {
  let env: Environment
  try {
    env = { ...environment() }
  } catch (error) {
    return [(error as Error).message]
  }
  for (const lines: string[] = []; ; )
    try {
      loadConfig(env)
      return lines
    } catch (error) {
      const name = /^\w+/.exec((error as Error).message)?.[0] ?? ''
      lines.push((error as Error).message)
      const given = [name, `${name}_FILE`].filter((one) => env[one])
      if (given.length === 0) return lines
      for (const one of given) delete env[one]
    }
}

/**
 * The value of a variable that an argument of a command names, so that a password need not be an argument.
 * @throws {ConfigError} if it is a secret whose file cannot be used
 */
export function variable(name: string): string | undefined {
  return withSecretFiles(environment())[name]
}

/** Whether this process is a worker of our own primary. A process manager may run us as workers of its own. */
export function isWorker(): boolean {
  return cluster.isWorker && settings().workers > 1
}

function environment(): Environment {
  // With UTC, a time without a zone means the same on every node.
  process.env.TZ = 'UTC'
  for (const [name, value] of Object.entries(settingsFile(resolve('.env')))) process.env[name] ??= value
  return process.env
}

/** Reads the file without Node's `loadEnvFile`, which reports an unreadable file as missing. */
function settingsFile(file: string): Environment {
  if (!lstatSync(file, { throwIfNoEntry: false })) return {}
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found) throw new ConfigError(`${file} is a link to a file that does not exist`)
  return found.isFile() ? parseEnv(readFileSync(file, 'utf8')) : {}
}

function integer(env: Environment, name: string, otherwise: number, minimum: number, maximum: number): number {
  const text = env[name]
  if (!text) return otherwise
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= minimum && value <= maximum) return value
  throw new ConfigError(`${name} must be a whole number from ${minimum} to ${maximum}`)
}

/** @returns nothing for `off`, which means no limit */
function age(env: Environment, name: string, otherwise = 'off'): number | undefined {
  const text = env[name] || otherwise
  if (text === 'off') return undefined
  const milliseconds = durationOf(text)
  if (milliseconds) return milliseconds
  throw new ConfigError(`${name} must be a duration such as 90d, 12h, 30m or 45s, or off`)
}

function oneOf(env: Environment, name: string, otherwise: string, values: string[]): string {
  const value = env[name] || otherwise
  if (values.includes(value)) return value
  throw new ConfigError(`${name} must be one of ${values.join(', ')}`)
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

function allowedHost(host: string): string {
  // Kubernetes gives a pod its address without the brackets that it has in a Host header.
  if (isIPv6(host) && !host.includes('%')) return `[${host.toLowerCase()}]`
  if (/^[a-z0-9.-]+$|^\[[0-9a-f:.]+\]$/i.test(host)) return host.toLowerCase()
  throw new ConfigError('LATCHKEY_ALLOWED_HOSTS must be host names without scheme, port or wildcard')
}

function trustProxy(text: string | undefined): number | string[] {
  if (!text) return []
  if (/^\d{1,2}$/.test(text)) return Number(text)
  try {
    proxyAddress.compile(list(text))
    return list(text)
  } catch (cause) {
    throw new ConfigError('LATCHKEY_TRUST_PROXY must be addresses or networks, or a number of proxies; never `true`', {
      cause,
    })
  }
}

function superuser(env: Environment) {
  const username = env.LATCHKEY_SUPERUSER_USERNAME
  const password = env.LATCHKEY_SUPERUSER_PASSWORD
  if (!username && !password) return undefined
  if (!username) throw new ConfigError('LATCHKEY_SUPERUSER_USERNAME is missing while the password is set')
  if (!password) throw new ConfigError('LATCHKEY_SUPERUSER_PASSWORD is missing while the username is set')
  return { username, password }
}
