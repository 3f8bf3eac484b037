import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type BindOrReplacements, type Options, QueryTypes, Sequelize } from 'sequelize'
import sqlite3 from 'sqlite3'
import { ConfigError, type DatabaseConfig, settings } from '../config.js'
import { postgresOptions, readPostgresSettings, watchConnections } from './postgres.js'
import { type ConnectionManager, DurableDatabase, keepConnections, SELECT_SETTINGS } from './sqlite.js'

const { database } = settings()

export const isSqlite = database.dialect === 'sqlite'

/** The process's one Sequelize instance; models attach to it as they are imported. It never creates a SQLite file. */
export const sequelize = connect({ create: false })

/** A second instance for migrations alone: it may create the SQLite file, and PostgreSQL's statements may take long. */
export function connectForMigrations(): Sequelize {
  if (database.dialect === 'sqlite') requireUsableFile(database)
  return connect({ create: true })
}

/** Whether a look at the database would have to create it first. */
export function isAbsent(): boolean {
  return database.dialect === 'sqlite' && !existsSync(database.file)
}

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
  return isSqlite ? (await select<Record<string, unknown>>(SELECT_SETTINGS))[0]! : readPostgresSettings(sequelize)
}

function connect({ create }: { create: boolean }): Sequelize {
  const patience = create ? 'long' : 'short'
  const instance = new Sequelize({
    // Sequelize asks five times over when SQLite is busy, 10 s in all.
    retry: { max: 1 },
    ...(database.dialect === 'sqlite' ? sqliteOptions(database.file, create) : postgresOptions(database, patience)),
    logging: false,
    define: { timestamps: false, underscored: true },
  })
  if (isSqlite) keepConnections((instance as unknown as { connectionManager: ConnectionManager }).connectionManager)
  else watchConnections(instance, patience)
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

/** A database that is damaged or gone is refused: never a new empty one in its place. */
function requireUsableFile({ file, isDefault }: DatabaseConfig & { dialect: 'sqlite' }) {
  if (isDefault) mkdirSync(dirname(file), { recursive: true })
  if (!existsSync(dirname(file))) throw new ConfigError(`DATABASE_URL: there is no directory ${dirname(file)}`)
  if (existsSync(file)) {
    keepFromOthers([file, `${file}-wal`, `${file}-shm`])
    if (!statSync(file).isFile()) throw new ConfigError(`DATABASE_URL: ${file} is not a file`)
    if (statSync(file).size === 0)
      throw new ConfigError(`DATABASE_URL: ${file} is empty; restore it, or delete it to start afresh`)
  } else {
    const left = [`${file}.key`, `${file}-wal`].find((path) => existsSync(path))
    if (left)
      throw new ConfigError(
        `DATABASE_URL: ${file} is gone while ${left} is there; restore it, or delete that to start afresh`,
      )
  }
}

/** Files that an earlier version made readable to every user of the machine; what belongs to somebody else stays as it is. */
function keepFromOthers(paths: string[]) {
  for (const path of paths) {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isFile() && found.uid === process.getuid?.() && (found.mode & 0o007) !== 0) chmodSync(path, 0o600)
  }
}

/** Connections to PostgreSQL, and those who wait for one; for the metrics. */
export function connectionCounts(): { used: number; idle: number; waiting: number } {
  const { pool } = sequelize.connectionManager as unknown as { pool: Record<'using' | 'available' | 'waiting', number> }
  return { used: pool.using, idle: pool.available, waiting: pool.waiting }
}
