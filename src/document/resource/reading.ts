import sqlite3 from 'sqlite3'
import { lookInto, openClient } from '../../platform/database/servers.js'
import type { DatabaseConfig } from '../../platform/database-url.js'
import type { PostgresConfig } from '../../platform/postgres-url.js'

/** Asks a database for rows. @param values for `?` in SQLite, for `$1` in PostgreSQL */
export type Ask = <Row>(statement: string, values?: unknown[]) => Promise<Row[]>

/** The time for one statement. The one for the ranges reads a whole table. */
const PATIENCE = "SET LOCAL statement_timeout = '60s'"

/** The most milliseconds to connect. */
const CONNECT = 10_000

/**
 * Opens a database only for reading.
 * @throws the errors of its driver
 */
export function reading<Result>(config: DatabaseConfig, work: (ask: Ask) => Promise<Result>): Promise<Result> {
  return config.dialect === 'sqlite' ? ofSqlite(config.file, work) : ofPostgres(config, work)
}

async function ofSqlite<Result>(file: string, work: (ask: Ask) => Promise<Result>): Promise<Result> {
  const database = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opening: sqlite3.Database = new sqlite3.Database(file, sqlite3.OPEN_READONLY, (error) =>
      error ? reject(error) : resolve(opening),
    )
  })
  database.configure('busyTimeout', 2000)
  try {
    return await work(
      (statement, values = []) =>
        new Promise((resolve, reject) => {
          database.all(statement, values, (error, rows) => (error ? reject(error) : resolve(rows as never[])))
        }),
    )
  } finally {
    database.close()
  }
}

async function ofPostgres<Result>(server: PostgresConfig, work: (ask: Ask) => Promise<Result>): Promise<Result> {
  const client = await openClient(server, server.session ?? 'any', CONNECT)
  try {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await lookInto(client, server)
    await client.query(PATIENCE)
    return await work(async (statement, values = []) => (await client.query(statement, values)).rows)
  } finally {
    await client.end()
  }
}
