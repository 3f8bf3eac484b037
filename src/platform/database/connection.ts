import { type BindOrReplacements, ConnectionError, type Options, QueryTypes, Sequelize } from 'sequelize'
import sqlite3 from 'sqlite3'
import { ConfigError, type DatabaseConfig, settings } from '../config.js'
import { isFileAbsent, requireUsableFile } from './file.js'
import { type ConnectionManager, DurableDatabase, keepWriter, SELECT_SETTINGS } from './sqlite.js'

const { database } = settings()

export const isSqlite = database.dialect === 'sqlite'

/**
 * Milliseconds after which PostgreSQL is given up on. A read waits at most for a connection and then for one query, a
 * write for its whole transaction, so every response comes within 6 s while the server hangs.
 */
export const POSTGRES = { connect: 2000, query: 3500, write: 5000 }

/** What each connection to PostgreSQL is given, in milliseconds: the server ends a statement before we give it up. */
const POSTGRES_SETTINGS = {
  statement_timeout: POSTGRES.query - 500,
  lock_timeout: 2000,
  idle_in_transaction_session_timeout: 10_000,
}

const SELECT_POSTGRES_SETTINGS = `SELECT name, setting FROM pg_settings
  WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')`

/** The process's one Sequelize instance; models attach to it as they are imported. It never creates a SQLite file. */
export const sequelize = connect({ create: false })

/** What a process does where there is no database yet: an operator's command in another folder must not make one. */
export type WhenAbsent = 'create' | 'refuse'

/**
 * A second instance for migrations alone: it may create the SQLite file, and PostgreSQL's statements may take long.
 * @throws {ConfigError} when the SQLite file cannot be used, or is not there and must not be made
 */
export function connectForMigrations(whenAbsent: WhenAbsent): Sequelize {
  if (whenAbsent === 'refuse' && isAbsent()) throw noDatabase()
  if (database.dialect === 'sqlite') requireUsableFile(database)
  return connect({ create: true })
}

export function noDatabase(): ConfigError {
  return new ConfigError(
    `DATABASE_URL: there is no database ${databaseName}; only serve, migrate and createsuperuser make one, and none while LATCHKEY_DATABASE_MUST_EXIST is on`,
  )
}

/** Whether a look at the database would have to create it first. @throws {ConfigError} where that cannot be known */
export function isAbsent(): boolean {
  return database.dialect === 'sqlite' && isFileAbsent(database.file)
}

/** What an operator calls the database: its file, or its name and server. */
export const databaseName =
  database.dialect === 'sqlite' ? database.file : `${database.name} at ${database.host}:${database.port}`

/** Refuses writes outside `write`: a forgotten transaction then fails at once instead of waiting for its own lock. */
export async function closeDefaultConnectionForWrites(): Promise<void> {
  if (isSqlite) await sequelize.query('PRAGMA query_only = ON')
}

/** Rows of a statement that no model writes, such as a check of the server. */
export function select<Row extends object>(statement: string, bind?: BindOrReplacements): Promise<Row[]> {
  return sequelize.query<Row>(statement, { bind, type: QueryTypes.SELECT })
}

/** The settings that the open connections have, for a look from outside. */
export async function readSettings(): Promise<Record<string, unknown>> {
  if (isSqlite) return (await select<Record<string, unknown>>(SELECT_SETTINGS))[0]!
  return settingsOf(await select<Setting>(SELECT_POSTGRES_SETTINGS))
}

function connect({ create }: { create: boolean }): Sequelize {
  const instance = new Sequelize({
    ...(database.dialect === 'sqlite' ? sqliteOptions(database.file, create) : postgresOptions(database, create)),
    logging: false,
    // Sequelize asks five times over when SQLite is busy, 10 s in all.
    retry: { max: 1 },
    define: { timestamps: false, underscored: true },
  })
  if (isSqlite) keepWriter((instance as unknown as { connectionManager: ConnectionManager }).connectionManager)
  // A pooler between us and PostgreSQL may drop settings that are made at connecting.
  if (!isSqlite && !create) instance.addHook('afterConnect', (connection) => readBack(connection as PostgresConnection))
  return instance
}

interface Setting {
  name: string
  setting: string
}

interface PostgresConnection {
  end: () => Promise<void>
  query: (statement: string) => Promise<{ rows: Setting[] }>
}

async function readBack(connection: PostgresConnection) {
  const found = settingsOf((await connection.query(SELECT_POSTGRES_SETTINGS)).rows)
  for (const [name, wanted] of Object.entries(POSTGRES_SETTINGS))
    if (found[name] !== wanted) {
      await connection.end()
      throw new ConnectionError(new Error(`the server, or a pooler before it, did not take ${name}`))
    }
}

function settingsOf(rows: Setting[]): Record<string, number> {
  return Object.fromEntries(rows.map(({ name, setting }) => [name, Number(setting)]))
}

function sqliteOptions(file: string, create: boolean): Options {
  return {
    dialect: 'sqlite',
    storage: file,
    dialectModule: { ...sqlite3, Database: DurableDatabase },
    dialectOptions: { mode: create ? sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE : sqlite3.OPEN_READWRITE },
  }
}

function postgresOptions(server: DatabaseConfig & { dialect: 'postgres' }, patient: boolean): Options {
  const { host, port, name, username, password, tls } = server
  return {
    dialect: 'postgres',
    host,
    port,
    database: name,
    username,
    password,
    pool: { max: patient ? 1 : 10, acquire: patient ? 60_000 : POSTGRES.connect },
    dialectOptions: {
      application_name: 'latchkey',
      keepAlive: true,
      connectionTimeoutMillis: POSTGRES.connect,
      ssl: tls,
      ...(patient ? {} : { ...POSTGRES_SETTINGS, query_timeout: POSTGRES.query }),
    },
  }
}

/** Connections to PostgreSQL, and those who wait for one; for the metrics. */
export function connectionCounts(): { used: number; idle: number; waiting: number } {
  const { pool } = sequelize.connectionManager as unknown as { pool: Record<'using' | 'available' | 'waiting', number> }
  return { used: pool.using, idle: pool.available, waiting: pool.waiting }
}
