import { BaseError, type Transaction } from 'sequelize'
import { noteClock } from './clock.js'
import { isSqlite, sequelize } from './connection.js'
import type { Look } from './known-changes.js'
import { noteRecovery, PREPARED } from './postgres.js'
import { type DurableDatabase, type Lane, READER } from './sqlite.js'
import { table } from './tables.js'
import { tracedStatement } from './traced-statement.js'

export type Scalar = string | number | boolean | Date | null

/** The part that Sequelize's types lack: where connections come from. */
interface Internals {
  options: { logging: false | ((line: string) => void) }
  dialect: { Query: new (connection: unknown, instance: unknown, options: object) => ErrorFormat }
  connectionManager: {
    getConnection: (options: { type: string; uuid?: string; isProbe?: boolean }) => Promise<unknown>
    releaseConnection: (connection: unknown) => void
    destroyConnection: (connection: unknown) => Promise<void>
  }
}

interface ErrorFormat {
  formatError: (error: unknown) => BaseError
}

const { options: settings, connectionManager, dialect } = sequelize as unknown as Internals

/** Distinguishes a constraint from an outage, as Sequelize's own statements do. */
const errors = new dialect.Query(undefined, sequelize, {})

interface PostgresClient {
  query: (query: { name: string; text: string; values: Scalar[] }) => Promise<{ rows: object[] }>
}

/**
 * The rows of a reading statement, which the database prepares once.
 * @param values of `$1`, `$2`, … in their order
 * @param lane the connection to SQLite. PostgreSQL has any number
 */
export async function run(statement: string, values: Scalar[], lane: Lane): Promise<object[]> {
  if (settings.logging) settings.logging(`Executing (prepared): ${statement} ${JSON.stringify(values)}`)
  return tracedStatement(statement, () =>
    isSqlite ? fromSqlite(statement, values, lane) : fromPostgres(statement, values, 'read'),
  )
}

/**
 * As `run`, on the connection of a transaction, where a statement may also write. What Sequelize does around its own statements
 * costs ten times what SQLite needs (measured).
 */
export async function runIn(transaction: Transaction, statement: string, values: Scalar[]): Promise<object[]> {
  if (settings.logging) settings.logging(`Executing (prepared): ${statement} ${JSON.stringify(values)}`)
  const { connection } = transaction as unknown as { connection: DurableDatabase & PostgresClient }
  try {
    return await tracedStatement(statement, async () =>
      isSqlite
        ? connection.rows(statement, values)
        : (await connection.query({ name: PREPARED, text: statement, values })).rows,
    )
  } catch (error) {
    throw error instanceof BaseError ? error : asSequelizeError(error, statement)
  }
}

/** The server's clock at the moment of the query, in seconds since 1970. */
const CLOCK = 'CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)'

/**
 * The number of the last change of rights, and the rows of the changes from a given one on, in one snapshot. It is read where
 * reads by key are read, so that it says something about them. A server that only follows another one is refused.
 * @param since the first change whose row is read, by default the last
 * @param most rows. If there are as many, none are returned
 * @throws {StandbyError} if it is a standby. Every connection is then refused until a look finds another server
 */
export async function readLook(since: number | undefined, most: number): Promise<Look & { takesImported: boolean }> {
  const ofServer = isSqlite ? '' : `, pg_is_in_recovery() AS standby, ${CLOCK} AS clock`
  const statement = `SELECT epoch.value, epoch.takes_imported AS imported, change.epoch AS number, change.subject, change.nonce${ofServer}
    FROM ${table('epoch')} LEFT JOIN ${table('rights_changes')} AS change ON change.epoch >= COALESCE(CAST($1 AS INTEGER), epoch.value)
    WHERE epoch.id = 1 LIMIT ${most}`
  const values = [since ?? null]
  const found = await (isSqlite ? fromSqlite(statement, values, READER) : fromPostgres(statement, values, 'probe'))
  const rows = found as (Look['rows'][number] & { value: number; imported: boolean | number })[]
  const isWhole = rows.length < most && rows[0]!.number !== null
  return { value: rows[0]!.value, takesImported: Boolean(rows[0]!.imported), rows: isWhole ? rows : [] }
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
    const sent = Date.now()
    const { rows } = await connection.query({ name: PREPARED, text: statement, values })
    if (why === 'probe') noteServer(rows[0] as Probed, sent)
    return rows
  } catch (error) {
    // If the server has not answered, the connection failed, and the pool must not hand it out again.
    isUsable = 'severity' in (error as object)
    throw error instanceof BaseError ? error : asSequelizeError(error, statement)
  } finally {
    if (isUsable) connectionManager.releaseConnection(connection)
    else void connectionManager.destroyConnection(connection).catch(() => {})
  }
}

interface Probed {
  standby: boolean
  clock: number
}

function noteServer({ standby, clock }: Probed, sent: number) {
  noteClock(clock * 1000, sent, Date.now())
  noteRecovery(standby)
}

function asSequelizeError(error: unknown, sql: string) {
  return errors.formatError(Object.assign(error as Error, { sql }))
}
