import { BaseError, DatabaseError } from 'sequelize'
import { isSqlite, sequelize } from './connection.js'
import { noteRecovery, PREPARED } from './postgres.js'
import { type DurableDatabase, type Lane, READER } from './sqlite.js'

export type Scalar = string | number | boolean | Date

/** What Sequelize's types do not tell: where connections come from. */
interface Internals {
  options: { logging: false | ((line: string) => void) }
  connectionManager: {
    getConnection: (options: { type: string; uuid?: string; isProbe?: boolean }) => Promise<unknown>
    releaseConnection: (connection: unknown) => void
    destroyConnection: (connection: unknown) => Promise<void>
  }
}

const { options: settings, connectionManager } = sequelize as unknown as Internals

interface PostgresClient {
  query: (query: { name: string; text: string; values: Scalar[] }) => Promise<{ rows: object[] }>
}

/**
 * Rows of a statement that reads, prepared once by the database.
 * @param values of `$1`, `$2`, … in their order
 * @param lane the connection to SQLite; PostgreSQL has any number
 */
export async function run(statement: string, values: Scalar[], lane: Lane): Promise<object[]> {
  if (settings.logging) settings.logging(`Executing (prepared): ${statement} ${JSON.stringify(values)}`)
  return isSqlite ? fromSqlite(statement, values, lane) : fromPostgres(statement, values, 'read')
}

/**
 * The number of the last change of rights, asked where reads by key are asked, so that the one tells of the other. A server
 * that only follows another one is none to ask.
 * @throws {StandbyError} when it is one; until a look finds another, every connection is refused
 */
export async function readEpochValue(): Promise<number> {
  const rows = isSqlite
    ? await fromSqlite('SELECT value FROM epoch WHERE id = 1', [], READER)
    : await fromPostgres('SELECT value, pg_is_in_recovery() AS standby FROM epoch WHERE id = 1', [], 'probe')
  return (rows[0] as { value: number }).value
}

async function fromSqlite(statement: string, values: Scalar[], lane: Lane): Promise<object[]> {
  const connection = (await connectionManager.getConnection({ type: 'SELECT', uuid: lane })) as DurableDatabase
  return connection.rows(statement, values).catch((error) => {
    throw asSequelizeError(error, statement)
  })
}

async function fromPostgres(statement: string, values: Scalar[], why: 'read' | 'probe'): Promise<object[]> {
  const connection = (await connectionManager.getConnection({
    type: 'SELECT',
    isProbe: why === 'probe',
  })) as PostgresClient
  let isUsable = true
  try {
    const { rows } = await connection.query({ name: PREPARED, text: statement, values })
    if (why === 'probe') noteRecovery((rows[0] as { standby: boolean }).standby)
    return rows
  } catch (error) {
    // Where the server has not answered it is the connection that failed, and the pool must not hand it out again.
    isUsable = 'severity' in (error as object)
    throw error instanceof BaseError ? error : asSequelizeError(error, statement)
  } finally {
    if (isUsable) connectionManager.releaseConnection(connection)
    else void connectionManager.destroyConnection(connection).catch(() => {})
  }
}

function asSequelizeError(error: unknown, sql: string) {
  return new DatabaseError(Object.assign(error as Error, { sql }))
}
