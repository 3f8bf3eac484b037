import pg from 'pg'
import { lookInto, NoServerError, openClient } from '../platform/database/servers.js'
import { type DatabaseConfig, parseDatabaseUrl } from '../platform/database-url.js'
import type { PostgresConfig } from '../platform/postgres-url.js'
import { type Row, SourceError } from './django.js'
import type { Table, Tables } from './tables.js'

/** How many rows are read at a time. */
const PAGE = 2000

const OPEN = 'DECLARE latchkey_rows NO SCROLL CURSOR FOR '
const FETCH = `FETCH ${PAGE} FROM latchkey_rows`

/** The most milliseconds to connect. */
const CONNECT = 10_000

const TABLES = `SELECT c.oid, c.relname AS name,
    ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum) AS columns,
    ARRAY(SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
      WHERE i.indrelid = c.oid AND i.indisprimary) AS keys
  FROM pg_class c WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
    AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) ORDER BY c.relname`

const REFERENCES = `SELECT conrelid AS oid, a.attname AS column, t.relname AS table
  FROM pg_constraint k JOIN pg_class t ON t.oid = k.confrelid
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
  WHERE k.contype = 'f' AND cardinality(k.conkey) = 1`

/**
 * Reads a PostgreSQL database at one moment, in one transaction that writes nothing.
 * @throws {SourceError} if it cannot be read. The message has nothing of the URL
 */
export async function withPostgres<Result>(url: string, read: (tables: Tables) => Promise<Result>): Promise<Result> {
  const server = serverOf(url)
  let client: pg.Client | undefined
  try {
    const opened = await openClient(server, server.session ?? 'any', CONNECT, OPTIONS)
    client = opened
    await opened.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await lookInto(opened, server)
    return await read({ list: () => tablesOf(opened), rows: (table, columns) => rowsOf(opened, table, columns) })
  } catch (error) {
    if (error instanceof SourceError || !isOfTheServer(error)) throw error
    throw new SourceError(`the source cannot be read: ${(error as Error).message || (error as { code: string }).code}`)
  } finally {
    await client?.end().catch(() => {})
  }
}

function serverOf(text: string): PostgresConfig {
  let server: DatabaseConfig
  try {
    server = parseDatabaseUrl(text)
  } catch (error) {
    throw new SourceError((error as Error).message.replaceAll('DATABASE_URL', 'the source'))
  }
  if (server.dialect !== 'postgres') throw new SourceError('the source is no URL of PostgreSQL')
  return server
}

/**
 * The types for a day and a time without a zone. The library would read them in the zone of this machine, but Django's have no
 * zone, or UTC.
 */
const AS_WRITTEN: number[] = [pg.types.builtins.DATE, pg.types.builtins.TIMESTAMP]

const asText = (text: string) => text

const OPTIONS: pg.ClientConfig = {
  application_name: 'latchkey import',
  types: {
    getTypeParser: (type, format) => (AS_WRITTEN.includes(type) ? asText : pg.types.getTypeParser(type, format)),
  },
}

function isOfTheServer(error: unknown): boolean {
  if (error instanceof NoServerError) return true
  return typeof (error as { code?: unknown }).code === 'string' || /connect|terminat/i.test((error as Error).message)
}

async function tablesOf(client: pg.Client): Promise<Table[]> {
  const { rows } = await client.query<{ oid: number; name: string; columns: string[]; keys: string[] }>(TABLES)
  const links = await client.query<{ oid: number; column: string; table: string }>(REFERENCES)
  return rows.map(({ oid, name, columns, keys }) => ({
    name,
    columns,
    key: keys.length === 1 ? keys[0] : undefined,
    references: links.rows.filter((link) => link.oid === oid).map(({ column, table }) => ({ column, table })),
  }))
}

async function* rowsOf(client: pg.Client, { name }: Table, columns: string[]): AsyncGenerator<Row[]> {
  const select = `SELECT ${columns.map((column) => pg.escapeIdentifier(column))} FROM ${pg.escapeIdentifier(name)}`
  await client.query(OPEN + select)
  for (let count = PAGE; count === PAGE; ) {
    const { rows } = await client.query<Row>(FETCH)
    count = rows.length
    if (count > 0) yield rows
  }
  await client.query('CLOSE latchkey_rows')
}
