import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import pg from 'pg'
import { ConnectionError } from 'sequelize'
import { tlsOptions } from '../postgres-tls.js'
import { type Place, type PostgresConfig, placeText, type SessionKind } from '../postgres-url.js'

/** What a new session says about its server. */
export interface Session {
  /** Whether it is in recovery, which means that it follows another server. */
  standby: boolean
  readOnly: boolean
}

/** One attempt to connect, with the options of node-postgres. */
export interface Attempt {
  host: string
  port: number
  ssl: ConnectionOptions | undefined
  connectionTimeoutMillis: number
}

export interface Ways<Connection> {
  open: (attempt: Attempt) => Promise<Connection>
  examine: (connection: Connection, attempt: Attempt) => Promise<Session>
  end: (connection: Connection) => void
}

/** The columns to select in a new session. */
export const SESSION = "pg_is_in_recovery() AS standby, current_setting('transaction_read_only') = 'on' AS \"readOnly\""

/** The least milliseconds of an attempt, however many there are. */
const LEAST = 500

/**
 * Milliseconds for which a server that did not respond is tried after the others. Otherwise each new connection would wait for it
 * again, longer than a request may.
 */
const REMEMBERED = 60_000

/**
 * The SQLSTATEs of a server that stops, starts or is overloaded, and of a pooler without a server. libpq only goes on after
 * 57P03.
 */
const PASSED_OVER = /^(57P|08)/

const STANDBY = 'is a standby: it is in recovery, and its rows may be old'

const SUITS: Record<SessionKind, ((session: Session) => boolean)[]> = {
  any: [() => true],
  'read-write': [({ standby, readOnly }) => !standby && !readOnly],
  'read-only': [({ standby, readOnly }) => standby || readOnly],
  primary: [({ standby }) => !standby],
  standby: [({ standby }) => standby],
  'prefer-standby': [({ standby }) => standby, () => true],
}

const silentUntil = new Map<string, number>()

/** No server is acceptable. The message gives the reason for each. */
export class NoServerError extends ConnectionError {
  constructor(reasons: string[], options?: ErrorOptions) {
    super(new Error(reasons.join('; '), options))
  }
}

/** The server that was found follows another one. What was read there may be old. */
export class StandbyError extends NoServerError {
  constructor(reasons = [`the server ${STANDBY}`]) {
    super(reasons)
  }
}

/**
 * Connects to the first acceptable server, in the order of the URL. A name with several addresses is several servers, as in
 * libpq. A server that refuses, hangs, starts, or is of the wrong kind is passed over. An error about the user, the password or
 * the database is final, because the other servers would report the same.
 * @param patience milliseconds for all of them, if the URL does not give a time for each
 * @throws {NoServerError} if none is acceptable
 */
export async function connectInOrder<Connection>(
  server: PostgresConfig,
  wanted: SessionKind,
  patience: number,
  ways: Ways<Connection>,
): Promise<Connection> {
  const time = server.connectTimeout ?? share(patience, server.places.length)
  const found = (await Promise.all(server.places.map((place) => addressesOf(place, time)))).flat()
  const candidates = [...found.filter((one) => !wasSilent(one)), ...found.filter(wasSilent)]
  const reasons: string[] = []
  const sessions: Session[] = []
  let failure: unknown
  for (const suits of SUITS[wanted])
    for (const candidate of candidates) {
      try {
        const { connection, session } = await tryOne(candidate, server, time, ways)
        if (suits(session)) return connection
        ways.end(connection)
        sessions.push(session)
        reasons.push(`${placeText(candidate)} ${kindOf(session)}`)
      } catch (error) {
        if (isDefinite(error)) throw error
        failure = error
        reasons.push(`${placeText(candidate)} ${messageOf(error)}`)
      }
    }
  throw sessions.length === reasons.length && sessions.every(({ standby }) => standby)
    ? new StandbyError(reasons)
    : new NoServerError(reasons, { cause: failure })
}

async function tryOne<Connection>(
  candidate: Candidate,
  server: PostgresConfig,
  time: number,
  { open, examine, end }: Ways<Connection>,
): Promise<{ connection: Connection; session: Session }> {
  if ('error' in candidate) throw candidate.error
  const attempt = attemptAt(candidate, server, time)
  const started = performance.now()
  try {
    const connection = await open(attempt)
    const session = await examine(connection, attempt).catch((error) => {
      end(connection)
      throw error
    })
    silentUntil.delete(keyOf(candidate))
    return { connection, session }
  } catch (error) {
    // A clock of Node.js may be a few milliseconds early.
    if (performance.now() - started > attempt.connectionTimeoutMillis - 50)
      silentUntil.set(keyOf(candidate), performance.now() + REMEMBERED)
    throw error
  }
}

/** As above, for the single connection of a program. The caller handles its errors. */
export function openClient(
  server: PostgresConfig,
  wanted: SessionKind,
  patience: number,
  options: pg.ClientConfig = {},
): Promise<pg.Client> {
  const { name, username, password } = server
  return connectInOrder(server, wanted, patience, {
    open: async (attempt) => {
      const client = new pg.Client({ ...options, database: name, user: username, password, ...attempt })
      // If a connection breaks between two statements, the next one reports it.
      client.on('error', () => {})
      await client.connect()
      return client
    },
    examine: sessionOf,
    end: (client) => void client.end().catch(() => {}),
  })
}

/**
 * Limits a reader to the tables of the URL's schema, until its transaction ends. Behind a pooler, no other client has the
 * connection until then.
 */
export async function lookInto(client: pg.Client, { schema }: PostgresConfig): Promise<void> {
  if (schema !== undefined) await client.query("SELECT set_config('search_path', quote_ident($1), true)", [schema])
}

async function sessionOf(client: pg.Client, { connectionTimeoutMillis }: Attempt): Promise<Session> {
  const query = { text: `SELECT ${SESSION}`, query_timeout: connectionTimeoutMillis }
  return (await client.query<Session>(query)).rows[0]!
}

/** @property among the number of addresses of its name */
type Candidate = Place & ({ address: string; among: number } | { error: unknown })

/** With a time limit, because a resolver may take longer than the whole attempt. */
async function addressesOf(place: Place, time: number): Promise<Candidate[]> {
  const { host } = place
  if (host.startsWith('/') || isIP(host)) return [{ ...place, address: host, among: 1 }]
  let timer: NodeJS.Timeout | undefined
  try {
    const found = await Promise.race([
      lookup(host, { all: true }),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('has a name that is not resolved in time')), time)
      }),
    ])
    return found.map(({ address }) => ({ ...place, address, among: found.length }))
  } catch (error) {
    return [{ ...place, error }]
  } finally {
    clearTimeout(timer)
  }
}

function attemptAt(candidate: Extract<Candidate, { address: string }>, { tls }: PostgresConfig, time: number): Attempt {
  const { host, port, address, among } = candidate
  return {
    host: address,
    port,
    // A Unix socket has no TLS, as in libpq.
    ssl: tls && !host.startsWith('/') ? { ...tlsOptions(tls), ...(isIP(host) ? {} : { servername: host }) } : undefined,
    connectionTimeoutMillis: share(time, among),
  }
}

function share(time: number, among: number): number {
  return Math.max(LEAST, Math.floor(time / among))
}

function keyOf(candidate: Candidate): string {
  return `${candidate.host} ${candidate.port} ${'address' in candidate ? candidate.address : ''}`
}

function wasSilent(candidate: Candidate): boolean {
  return performance.now() < (silentUntil.get(keyOf(candidate)) ?? 0)
}

function kindOf({ standby, readOnly }: Session): string {
  return standby ? STANDBY : readOnly ? 'takes no writes' : 'is no standby'
}

/** Whether the server itself has given a final answer. */
function isDefinite(error: unknown): boolean {
  const { severity, code = '' } = ((error as ConnectionError).parent ?? error) as { severity?: string; code?: string }
  return severity !== undefined && !PASSED_OVER.test(code)
}

/** One line, which says whose certificate it is about. OpenSSL's own messages begin with its thread and file. */
function messageOf(error: unknown): string {
  const {
    message,
    code = '',
    reason,
  } = ((error as ConnectionError).parent ?? error) as Partial<NodeJS.ErrnoException> & { reason?: string }
  if (/^ERR_SSL_.*(ALERT|CERTIFICATE)/.test(code)) return `refuses the client's certificate: ${reason}`
  if (/^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME|ERR_TLS_CERT)/.test(code))
    return `has a certificate that is not accepted: ${message}`
  return (message || code || 'does not answer').split('\n', 1)[0]!
}
