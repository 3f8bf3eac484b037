import { hash } from 'node:crypto'
import pg from 'pg'
import type { Options, Sequelize, Transaction } from 'sequelize'
import { type PostgresConfig, placesText } from '../postgres-url.js'
import { VERSION } from '../version.js'
import { type Attempt, connectInOrder, SESSION, type Session, StandbyError } from './servers.js'

/**
 * Milliseconds after which PostgreSQL is given up on. A read waits at most for a connection and then for one query, a
 * write for its whole transaction, so every response comes within 6 s while the server hangs.
 */
export const POSTGRES = { connect: 2000, query: 3500, write: 5000 }

/** What each statement is run under, in milliseconds: the server ends it before we give it up. */
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

/** SQLSTATE of what PgBouncer says of a startup parameter that it does not know: it is no fault of the server. */
const PROTOCOL_VIOLATION = '08P01'

/**
 * Whose the settings are: each connection's from its start, or, behind a pooler that does not pass them on, each
 * transaction's. A `SET` for the session would land on the connection of another client of the pooler (tried on PgBouncer
 * 1.18, 1.24 and 1.26). It stays with transactions once it was seen: they need no more than a round trip, anywhere.
 */
let owner: 'connection' | 'transaction' = 'connection'

/** The name to ask for a statement to be prepared by; what it gets is made of its text. */
export const PREPARED = 'prepared'

/** Statements with a name at most: each connection keeps those that it has seen. */
const MOST = 200

/**
 * A name is the hash of its statement, so that it means the same in every process: behind a pooler they use each other's
 * connections, and with it each other's statements.
 */
const names = new Map<string, string>()

/** SQLSTATEs of a name that is there already, and of one that is not: a pooler has changed the connection for another. */
export const NAME_FAILED = ['42P05', '26000']

/** SQLSTATE of whatever is sent in a transaction after a statement that failed. */
const ABORTED = '25P02'

/** Until a name has failed once: a second try for each statement would be a second round trip for ever. */
let hasNames = true

/** Whether the last look found a server that only follows another one: what it tells of rights may be long past. */
let isStandby = false

/** Sequelize makes its connections of this class. */
class SettledClient extends pg.Client {
  constructor(config: pg.ClientConfig) {
    super(owner === 'connection' ? config : withoutSettings(config))
  }

  /** Also for statements of libraries, whose names would be no better. */
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
      // Nothing was done, so that also what writes may be sent once more.
      if (name && NAME_FAILED.includes(code)) {
        hasNames = false
        return await super.query({ text, values }).catch((again: { code?: string }) => {
          throw again.code === ABORTED ? error : again
        })
      }
      // Where the server has not answered, what is sent next would wait behind it.
      if (!('severity' in (error as object))) void this.end().catch(() => {})
      throw error
    }
  }
}

/** What was learned of what stands before the server. */
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
 * @param patience whether statements may take long, as those of migrations
 * @param pool connections at most, but for those
 */
export function postgresOptions(server: PostgresConfig, patience: 'short' | 'long', pool: number): Options {
  const { name, username, password } = server
  const isLong = patience === 'long'
  return {
    dialect: 'postgres',
    dialectModule: { Client: SettledClient, types: pg.types },
    // For messages alone: each connection gets the one that it is made to.
    host: placesText(server),
    database: name,
    username,
    password,
    pool: { max: isLong ? 1 : pool, acquire: isLong ? 60_000 : POSTGRES.connect },
    // Else each connection begins with a SET for the session. Times are read and written with their offset.
    ...{ keepDefaultTimezone: true },
    dialectOptions: {
      clientMinMessages: 'ignore',
      // By it a doctor sees which versions are connected.
      application_name: `latchkey/${VERSION}`,
      keepAlive: true,
      ...(isLong ? {} : { ...SETTINGS, query_timeout: POSTGRES.query }),
    },
  }
}

/** What Sequelize's types do not tell: how a connection is made. */
interface ConnectionManager {
  connect: (config: { dialectOptions?: object }) => Promise<pg.Client>
}

/**
 * Makes each new connection to the first server that will do, and refuses all of them while the one that was found is a standby. The
 * hooks of Sequelize around a connection could choose a server, but not go on to the next one.
 * @param patience as above
 */
export function chooseServers(sequelize: Sequelize, server: PostgresConfig, patience: 'short' | 'long'): void {
  const manager = sequelize.connectionManager as unknown as ConnectionManager
  const connect = manager.connect.bind(manager)
  const wanted = server.session === 'read-write' ? 'read-write' : 'primary'
  manager.connect = (config) =>
    connectInOrder(server, wanted, POSTGRES.connect, {
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
  sequelize.addHook('beforePoolAcquire', (options) => {
    if (isStandby && !(options as { isProbe?: true }).isProbe) throw new StandbyError()
  })
}

function codeOf(error: { parent?: { code?: string } }) {
  return error.parent?.code
}

/** What the server said of itself: every look at the epoch asks. @throws {StandbyError} when it is a standby */
export function noteRecovery(found: boolean): void {
  isStandby = found
  if (found) throw new StandbyError()
}

/** To open each transaction with, where the settings are the transaction's own. */
export async function settle(sequelize: Sequelize, transaction: Transaction): Promise<void> {
  if (owner === 'transaction') await sequelize.query(SET_LOCAL, { transaction })
}

/** For a transaction that cannot be run again: behind a pooler a name in it may fail, and then all that comes after. */
export function avoidNames(): void {
  if (owner === 'transaction') hasNames = false
}

/** The settings that a write has, for a look from outside. */
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
  return rows[0]!
}

function settingsOf(rows: Setting[]): Record<string, number> {
  return Object.fromEntries(rows.map(({ name, setting }) => [name, Number(setting)]))
}

function withoutSettings(config: pg.ClientConfig): pg.ClientConfig {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !(name in SETTINGS)))
}
