import { type BindOrReplacements, type Options, QueryTypes, type Sequelize } from 'sequelize'
import sqlite3 from 'sqlite3'
import { ConfigError, settings } from '../config.js'
import { placesText } from '../postgres-url.js'
import { isFileAbsent, requireUsableFile } from './file.js'
import { chooseServers, postgresOptions, readPostgresSettings } from './postgres.js'
import { type ConnectionManager, DurableDatabase, keepConnections, SELECT_SETTINGS } from './sqlite.js'
import { schema } from './tables.js'
import { TracedSequelize } from './traced-statement.js'

const { database, databasePool } = settings()

export const isSqlite = database.dialect === 'sqlite'

/** The only Sequelize instance of the process. Models attach to it when they are imported. It never creates a SQLite file. */
export const sequelize = connect({ create: false })

/** What a process does if there is no database yet. An operator's command in another folder must not make one. */
export type WhenAbsent = 'create' | 'refuse'

/**
 * A second instance, only for migrations. It may create the SQLite file, and PostgreSQL's statements may take long.
 * @throws {ConfigError} if the SQLite file cannot be used, or does not exist and must not be made
 */
export async function connectForMigrations(whenAbsent: WhenAbsent): Promise<Sequelize> {
  if (whenAbsent === 'refuse' && isAbsent()) throw noDatabase()
  if (database.dialect === 'sqlite') await requireUsableFile(database)
  return connect({ create: true })
}

export function noDatabase(): ConfigError {
  return new ConfigError(
    `DATABASE_URL: there is no database ${databaseName}; only serve, migrate and createsuperuser make one, and none while LATCHKEY_DATABASE_MUST_EXIST is on`,
  )
}

/**
 * Whether the database would have to be created before it can be read.
 * @throws {ConfigError} if that cannot be known
 */
export function isAbsent(): boolean {
  return database.dialect === 'sqlite' && isFileAbsent(database.file)
}

/** The name of the database for an operator: its file, or its name and server. */
export const databaseName =
  database.dialect === 'sqlite' ? database.file : `${database.name} at ${placesText(database)}`

/** Refuses writes outside `write`, so that a forgotten transaction fails at once instead of waiting for its own lock. */
export async function closeDefaultConnectionForWrites(): Promise<void> {
  if (isSqlite) await sequelize.query('PRAGMA query_only = ON')
}

/** Rows of a statement that no model writes, such as a check of the server. */
export function select<Row extends object>(statement: string, bind?: BindOrReplacements): Promise<Row[]> {
  return sequelize.query<Row>(statement, { bind, type: QueryTypes.SELECT })
}

/** The settings of the open connections, for the doctor. */
export async function readSettings(): Promise<Record<string, unknown>> {
  return isSqlite ? (await select<Record<string, unknown>>(SELECT_SETTINGS))[0]! : readPostgresSettings(sequelize)
}

function connect({ create }: { create: boolean }): Sequelize {
  const patience = create ? 'long' : 'short'
  const instance = new TracedSequelize({
    // By default, Sequelize tries five times if SQLite is busy, 10 s in all.
    retry: { max: 1 },
    ...(database.dialect === 'sqlite'
      ? sqliteOptions(database.file, create)
      : postgresOptions(database, patience, databasePool)),
    logging: false,
    define: { timestamps: false, underscored: true, schema },
  })
  if (database.dialect === 'postgres') chooseServers(instance, database, patience)
  else keepConnections((instance as unknown as { connectionManager: ConnectionManager }).connectionManager)
  return instance
}

function sqliteOptions(file: string, create: boolean): Options {
  return {
    dialect: 'sqlite',
    storage: file,
    dialectModule: { ...sqlite3, Database: DurableDatabase },
    dialectOptions: { mode: create ? sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE : sqlite3.OPEN_READWRITE },
  }
}

/** Connections to PostgreSQL and requests that wait for one, for the metrics. */
export function connectionCounts(): { used: number; idle: number; waiting: number } {
  const { pool } = sequelize.connectionManager as unknown as { pool: Record<'using' | 'available' | 'waiting', number> }
  return { used: pool.using, idle: pool.available, waiting: pool.waiting }
}
