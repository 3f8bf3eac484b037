import sqlite3 from 'sqlite3'
import { type Row, SourceError } from './django.js'
import type { Table, Tables } from './tables.js'

/** How many rows are read at a time. */
const PAGE = 2000

/**
 * Reads a SQLite file as it is at one moment, while Django may write it; nothing is written to it.
 * @throws {SourceError} when it cannot be opened
 */
export async function withSqliteFile<Result>(file: string, read: (tables: Tables) => Promise<Result>): Promise<Result> {
  const database = await opened(file)
  const all = <Found extends object>(statement: string, values: unknown[] = []) =>
    new Promise<Found[]>((resolve, reject) => {
      database.all<Found>(statement, values, (error, rows) => (error ? reject(error) : resolve(rows)))
    })
  try {
    await all('PRAGMA busy_timeout = 5000')
    await all('BEGIN')
    return await read({ list: () => tablesOf(all), rows: (table, columns) => rowsOf(all, table, columns) })
  } catch (error) {
    if ('code' in (error as object)) throw new SourceError(`the source cannot be read: ${(error as Error).message}`)
    throw error
  } finally {
    await new Promise<void>((resolve) => database.close(() => resolve()))
  }
}

type All = <Found extends object>(statement: string, values?: unknown[]) => Promise<Found[]>

function opened(file: string): Promise<sqlite3.Database> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(file, sqlite3.OPEN_READONLY, (error) =>
      error ? reject(new SourceError(`the source cannot be opened: ${error.message}`)) : resolve(database),
    )
  })
}

async function tablesOf(all: All): Promise<Table[]> {
  const names = await all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
  const tables: Table[] = []
  for (const { name } of names) {
    const columns = await all<{ name: string; pk: number }>('SELECT name, pk FROM pragma_table_info(?)', [name])
    const keys = columns.filter(({ pk }) => pk > 0)
    const references = await all<{ column: string; table: string }>(
      'SELECT "from" AS "column", "table" FROM pragma_foreign_key_list(?)',
      [name],
    )
    tables.push({
      name,
      columns: columns.map((column) => column.name),
      key: keys.length === 1 ? keys[0]!.name : undefined,
      references,
    })
  }
  return tables
}

/** By the row's place, so that each page costs the same. */
async function* rowsOf(all: All, { name }: Table, columns: string[]): AsyncGenerator<Row[]> {
  const statement = `SELECT CAST(rowid AS TEXT) AS "row place", ${columns.map(exact)} FROM ${quoted(name)} WHERE rowid > ? ORDER BY rowid LIMIT ${PAGE}`
  for (let last = `${-(2n ** 63n)}`, count = PAGE; count === PAGE; ) {
    const rows = await all<Row & { 'row place': string }>(statement, [last])
    count = rows.length
    last = rows.at(-1)?.['row place'] ?? last
    if (count > 0) yield rows.map(({ 'row place': _, ...row }) => row)
  }
}

/** Integers that JavaScript would round come as texts: two users who have the same number after it would be one. */
function exact(name: string): string {
  const column = quoted(name)
  const isRounded = `typeof(${column}) = 'integer' AND ${column} NOT BETWEEN -${MAX} AND ${MAX}`
  return `CASE WHEN ${isRounded} THEN CAST(${column} AS TEXT) ELSE ${column} END AS ${column}`
}

const MAX = Number.MAX_SAFE_INTEGER

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
