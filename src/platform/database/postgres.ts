import { hash } from 'node:crypto'
import pg from 'pg'
import type { Options, Sequelize, Transaction } from 'sequelize'
import { type PostgresConfig, placesText } from '../postgres-url.js'
import { VERSION } from '../version.js'
import { type Attempt, connectInOrder, SESSION, type Session, StandbyError } from './servers.js'
import { requireNewest, surveyOnce } from './timeline.js'

/**
 * Milliseconds after which we give up on PostgreSQL. A read waits at most for a connection and one query, a write for its whole
 * transaction. So every response comes within 6 s, even while the server hangs.
 */
export const POSTGRES = { connect: 2000, query: 3500, write: 5000 }

/** The timeouts of each statement, in milliseconds. The server ends it before we give up. */
const SETTINGS = {
  statement_timeout: POSTGRES.query - 500,
  lock_timeout: 2000,
  idle_in_transaction_session_timeout: 10_000,
}

const NAMES = Object.keys(SETTINGS)
const SELECT_SETTINGS = `SELECT name, setting FROM pg_settings WHERE name IN (${NAMES.map((name) => `'${name}'`).join(', ')})`
const SET_LOCAL = `SELECT ${Object.entries(SETTINGS)
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(', ')}`

/** The SQLSTATE with which PgBouncer reports an unknown startup parameter. It is not a fault of the server. */
const PROTOCOL_VIOLATION = '08P01'

/**
 * Whether the settings belong to each connection, from its start, or to each transaction, behind a pooler that does not pass them
 * on. A `SET` for the session would reach the connection of another client of the pooler (tried on PgBouncer 1.18, 1.24 and
 * 1.26). Once transactions need them, this does not change back, because they cost only a round trip.
 */
let owner: 'connection' | 'transaction' = 'connection'

/** The name that asks for a prepared statement. The real name is made from its text. */
export const PREPARED = 'prepared'

/** The most named statements. Each connection keeps those that it has seen. */
const MOST = 200

/**
 * A name is the hash of its statement, so that it means the same in every process. Behind a pooler, processes use each other's
 * connections, and so each other's statements.
 */
const names = new Map<string, string>()

/**
 * The SQLSTATEs of a name that already exists, and of one that does not. Both mean that a pooler has exchanged the connection.
 */
export const NAME_FAILED = ['42P05', '26000']

/** The SQLSTATE of a statement in a transaction in which an earlier one failed. */
const ABORTED = '25P02'

/**
 * Whether names are used. This ends when one has failed, because a second attempt for each statement would cost a round trip
 * every time.
 */
let hasNames = true

/** Whether the last look found a server that only follows another one. Its rights may be old. */
let isStandby = false

/** Sequelize makes its connections of this class. */
class SettledClient extends pg.Client {
  constructor(config: pg.ClientConfig) {
    super(owner === 'connection' ? config : withoutSettings(config))
  }

  /** This is also for the statements of libraries, whose names would have the same problem. */
  override query(...parameters: unknown[]): never {
    const [query] = parameters as [pg.QueryConfig | string]
    if (typeof query === 'string' || !query.name) return super.query(...(parameters as [pg.QueryConfig])) as never
    return this.prepared(query) as never
  }

  private async prepared({ text, values }: pg.QueryConfig): Promise<pg.QueryResult> {
    const name = nameOf(text)
    try {
      return await super.query({ name, text, values })
    } catch (error) {
      const { code = '' } = error as { code?: string }
      // Nothing was done, so even a write may be sent again.
      if (name && NAME_FAILED.includes(code)) {
        hasNames = false
        return await super.query({ text, values }).catch((again: { code?: string }) => {
          throw again.code === ABORTED ? error : again
        })
      }
      // If the server has not answered, the next statement would wait behind this one.
      if (!('severity' in (error as object))) void this.end().catch(() => {})
      throw error
    }
  }
}

/** What is known about a pooler in front of the server. */
export function statementFacts(): { hasNames: boolean; settingsOf: 'connection' | 'transaction' } {
  return { hasNames, settingsOf: owner }
}

function nameOf(statement: string): string | undefined {
  if (!hasNames) return undefined
  if (!names.has(statement) && names.size < MOST)
    names.set(statement, `latchkey_${hash('sha256', statement, 'hex').slice(0, 32)}`)
  return names.get(statement)
}

/**
 * @param patience whether statements may take long, as in migrations
 * @param pool the most connections, except for migrations
 */
export function postgresOptions(server: PostgresConfig, patience: 'short' | 'long', pool: number): Options {
  const { name, username, password } = server
  const isLong = patience === 'long'
  return {
    dialect: 'postgres',
    dialectModule: { Client: SettledClient, types: pg.types },
    // This is only for messages. Each connection gets the host that it is made to.
    host: placesText(server),
    database: name,
    username,
    password,
    pool: { max: isLong ? 1 : pool, acquire: isLong ? 60_000 : POSTGRES.connect },
    // Otherwise each connection begins with a SET for the session. Times are read and written with their offset.
    ...{ keepDefaultTimezone: true },
    dialectOptions: {
      clientMinMessages: 'ignore',
      // The doctor uses this to see which versions are connected.
      application_name: `latchkey/${VERSION}`,
      keepAlive: true,
      ...(isLong ? {} : { ...SETTINGS, query_timeout: POSTGRES.query }),
    },
  }
}

/** The part that Sequelize's types lack: how a connection is made. */
interface ConnectionManager {
  connect: (config: { dialectOptions?: object }) => Promise<pg.Client>
}

/**
 * Makes each new connection to the first acceptable server, and refuses all connections while that server is a standby.
 * Sequelize's hooks around a connection could choose a server, but could not go on to the next one.
 * @param patience as above
 */
export function chooseServers(sequelize: Sequelize, server: PostgresConfig, patience: 'short' | 'long'): void {
  const manager = sequelize.connectionManager as unknown as ConnectionManager
  const connect = manager.connect.bind(manager)
  const wanted = server.session === 'read-write' ? 'read-write' : 'primary'
  manager.connect = async (config) => {
    await surveyOnce(server)
    return connectInOrder(server, wanted, POSTGRES.connect, {
      open: ({ host, port, ...rest }) => {
        const open = () =>
          connect({ ...config, ...{ host, port }, dialectOptions: { ...config.dialectOptions, ...rest } })
        return open().catch((error) => {
          if (codeOf(error) !== PROTOCOL_VIOLATION || owner === 'transaction') throw error
          owner = 'transaction'
          return open()
        })
      },
      examine: (connection, attempt) => examine(connection, attempt, patience),
      end: (connection) => void connection.end().catch(() => {}),
    })
  }
  sequelize.addHook('beforePoolAcquire', (options) => {
    if (isStandby && !(options as { isProbe?: true }).isProbe) throw new StandbyError()
  })
}

function codeOf(error: { parent?: { code?: string } }) {
  return error.parent?.code
}

/**
 * Notes whether the server is in recovery. Every look at the epoch asks this.
 * @throws {StandbyError} if it is a standby
 */
export function noteRecovery(found: boolean): void {
  isStandby = found
  if (found) throw new StandbyError()
}

/** Call this first in each transaction, if the settings belong to the transaction. */
export async function settle(sequelize: Sequelize, transaction: Transaction): Promise<void> {
  if (owner === 'transaction') await sequelize.query(SET_LOCAL, { transaction })
}

/** For a transaction that cannot be run again. Behind a pooler, a name in it may fail, and then all that follows. */
export function avoidNames(): void {
  if (owner === 'transaction') hasNames = false
}

/** The settings in a write, for the doctor. */
export async function readPostgresSettings(sequelize: Sequelize): Promise<Record<string, unknown>> {
  return sequelize.transaction(async (transaction) => {
    await settle(sequelize, transaction)
    const [rows] = await sequelize.query(SELECT_SETTINGS, { transaction })
    return { ...settingsOf(rows as Setting[]), ...(owner === 'transaction' && { set_by: owner }) }
  })
}

interface Setting {
  name: string
  setting: string
}

async function examine(connection: pg.Client, { connectionTimeoutMillis }: Attempt, patience: 'short' | 'long') {
  const { rows } = await connection.query<Setting & Session>({
    text: SELECT_SETTINGS.replace('SELECT', `SELECT ${SESSION},`),
    query_timeout: connectionTimeoutMillis,
  } as pg.QueryConfig)
  const found = settingsOf(rows)
  const areOurs = NAMES.every((name) => found[name] === SETTINGS[name as keyof typeof SETTINGS])
  if (patience === 'short' && !areOurs) owner = 'transaction'
  if (!rows[0]!.standby) await requireNewest(connection, connectionTimeoutMillis)
  return rows[0]!
}

function settingsOf(rows: Setting[]): Record<string, number> {
  return Object.fromEntries(rows.map(({ name, setting }) => [name, Number(setting)]))
}

function withoutSettings(config: pg.ClientConfig): pg.ClientConfig {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !(name in SETTINGS)))
}
