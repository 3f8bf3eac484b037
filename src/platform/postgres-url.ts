import { isIP } from 'node:net'
import { userInfo } from 'node:os'
import { ConfigError } from './config-error.js'
import { type TlsFiles, tlsFiles, tlsOptions } from './postgres-tls.js'

/** One place in a URL where PostgreSQL may be: a name, an address, or the folder of a Unix socket, which begins with `/`. */
export interface Place {
  host: string
  port: number
}

/** Which of several servers is acceptable, by the state of a new session (libpq, PostgreSQL 18, chapter 32.1.2). */
export type SessionKind = (typeof SESSION_KINDS)[number]

export interface PostgresConfig {
  dialect: 'postgres'
  /** Tried in this order at each new connection. */
  places: Place[]
  name: string
  username: string
  password: string
  tls: TlsFiles | undefined
  /** The schema of all tables, whose names have it as a prefix. Without it, the role's search path decides. */
  schema: string | undefined
  session: SessionKind | undefined
  /** Milliseconds for each place, if the URL has them. */
  connectTimeout: number | undefined
}

const SESSION_KINDS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const

/** In seconds. Without a timeout, libpq waits for ever. Here requests wait for a connection, so there is a limit. */
const LONGEST_CONNECT = 30

const TAKEN = [
  ...['host', 'port', 'user', 'password', 'dbname', 'connect_timeout', 'target_session_attrs'],
  ...['schema', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'],
]

/**
 * Parameters that other programs accept in such a URL, and that must not be ignored silently: those of libpq (PostgreSQL 18,
 * chapter 32.1.2), node-postgres, Prisma and Rails. Errors name only these, because any other name may be part of a password that
 * is not percent-encoded.
 */
const FOREIGN =
  `application_name channel_binding client_encoding fallback_application_name gssdelegation gssencmode gsslib hostaddr keepalives
  keepalives_count keepalives_idle keepalives_interval krbsrvname load_balance_hosts max_protocol_version min_protocol_version
  oauth_client_id oauth_client_secret oauth_issuer oauth_scope options passfile replication require_auth requirepeer requiressl
  scram_client_key scram_server_key service servicefile ssl_max_protocol_version ssl_min_protocol_version sslcertmode
  sslcompression sslcrl sslcrldir sslkeylogfile sslnegotiation sslpassword sslsni tcp_user_timeout
  encoding idle_in_transaction_session_timeout keepAlive lock_timeout max query_timeout sslca ssl statement_timeout uselibpqcompat
  connection_limit pgbouncer pool pool_timeout reconnect search_path socket_timeout timeout`.split(/\s+/)

/** A pattern, because `URL` does not allow several hosts. The credentials end with the last `@`, as in `URL`. */
const URL_SHAPE = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?(#.*)?$/s

/** The most bytes of the path of a Unix socket on Linux (unix(7)), including its end. */
const LONGEST_SOCKET = 108

/** @throws {ConfigError} */
export function parsePostgresUrl(text: string): PostgresConfig {
  const [, credentials = '', authority = '', path = '', query = '', fragment] = URL_SHAPE.exec(text) ?? []
  if (fragment) throw new ConfigError('DATABASE_URL takes no # and what follows it; in a password it is written %23')
  const parameters = parametersOf(query)
  const [user = '', ...password] = credentials.split(':')
  const places = placesOf(authority, parameters)
  const name = parameters.get('dbname') ?? decoded(path)
  if (!text.startsWith('postgres') || places.every(({ host }) => host === '') || name === '')
    throw new ConfigError('DATABASE_URL must be sqlite:<file> or postgres://user:password@host:port/name')
  for (const place of places) requireUsable(place)
  const tls = tlsFiles(parameters)
  // This reports a file that cannot be used when the service starts.
  if (tls) tlsOptions(tls)
  return {
    dialect: 'postgres',
    places,
    name,
    username: parameters.get('user') || decoded(user) || ownName(),
    password: parameters.get('password') ?? decoded(password.join(':')),
    tls,
    schema: schemaOf(parameters.get('schema')),
    session: sessionOf(parameters.get('target_session_attrs')),
    connectTimeout: secondsOf(parameters.get('connect_timeout')),
  }
}

/** The places as text for an operator, without anything secret. */
export function placesText({ places }: PostgresConfig): string {
  return places.map(placeText).join(', ')
}

export function placeText({ host, port }: Place): string {
  return host.includes(':') && !host.startsWith('/') ? `[${host}]:${port}` : `${host}:${port}`
}

/** A plus sign is a plus sign, as in libpq, because this is not a form. */
function parametersOf(query: string): Map<string, string> {
  const pairs = query
    .split('&')
    .filter(Boolean)
    .map((pair): [string, string] => {
      const [name = '', ...value] = pair.split('=')
      return [decoded(name), decoded(value.join('='))]
    })
  const names = pairs.map(([name]) => name)
  const unknown = names.find((name) => !TAKEN.includes(name))
  const known = `known are ${TAKEN.join(', ')}`
  if (unknown !== undefined)
    throw new ConfigError(
      FOREIGN.includes(unknown)
        ? `DATABASE_URL: the parameter ${unknown} is not taken; ${known}`
        : `DATABASE_URL has a parameter that is not known (number ${names.indexOf(unknown) + 1} after the ?); ${known}`,
    )
  if (new Set(names).size < names.length) throw new ConfigError('DATABASE_URL has a parameter twice')
  return new Map(pairs)
}

/** As in libpq, a parameter replaces the part before the path, and a single port is that of every host. */
function placesOf(authority: string, parameters: Map<string, string>): Place[] {
  const given = authority.split(',').map((part) => /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(part) ?? ['', '', 'none'])
  const hosts = parameters.get('host')?.split(',') ?? given.map(([, host]) => decoded(host!))
  const ports = parameters.get('port')?.split(',') ?? given.map(([, , port = '']) => decoded(port))
  if (ports.length !== 1 && ports.length !== hosts.length)
    throw new ConfigError(
      `DATABASE_URL has ${hosts.length} hosts and ${ports.length} ports; it takes one port or as many`,
    )
  return hosts.map((host, index) => ({
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: portOf(ports.length === 1 ? ports[0]! : ports[index]!),
  }))
}

function portOf(text: string): number {
  if (text === '') return 5432
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65535) throw new ConfigError('DATABASE_URL must have ports from 1 to 65535')
  return port
}

function requireUsable({ host, port }: Place) {
  if (host === '') throw new ConfigError('DATABASE_URL has an empty host in its list')
  if (host.startsWith('/')) {
    if (Buffer.byteLength(`${host}/.s.PGSQL.${port}`) >= LONGEST_SOCKET)
      throw new ConfigError(`DATABASE_URL: the path of a Unix socket has at most ${LONGEST_SOCKET - 1} bytes`)
  } else if (isIP(host) === 0 && !/^[\p{L}\p{N}._-]+$/u.test(host))
    throw new ConfigError('DATABASE_URL has a host that is not a name, an address or the folder of a Unix socket')
}

function sessionOf(text: string | undefined): SessionKind | undefined {
  const kind = SESSION_KINDS.find((known) => known === text)
  if (text !== undefined && !kind)
    throw new ConfigError(`DATABASE_URL: target_session_attrs must be one of ${SESSION_KINDS.join(', ')}`)
  return kind
}

/** The name has only letters, digits, `_` and `-`, so that it can be in a statement. `pg_` is PostgreSQL's own. */
function schemaOf(text: string | undefined): string | undefined {
  if (text === undefined || /^(?!pg_)[A-Za-z_][A-Za-z0-9_-]{0,62}$/.test(text)) return text
  throw new ConfigError(
    'DATABASE_URL: schema must have 1 to 63 letters from A to Z, digits, _ and -, and begin neither with a digit nor with pg_',
  )
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (seconds < 1 || seconds > LONGEST_CONNECT)
    throw new ConfigError(`DATABASE_URL: connect_timeout must be whole seconds from 1 to ${LONGEST_CONNECT}`)
  return seconds * 1000
}

/** As in libpq, the default user is that of the operating system. A container may only have a number. */
function ownName(): string {
  try {
    return userInfo().username
  } catch (cause) {
    throw new ConfigError('DATABASE_URL names no user, and this process has none with a name', { cause })
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new ConfigError('DATABASE_URL has a part that is not percent-encoded as it should be', { cause })
  }
}
