import type { Model, ModelStatic, Transaction } from 'sequelize'
import { isSqlite } from './connection.js'
import { READER } from './sqlite.js'
import { run, runIn } from './statement.js'
import { table } from './tables.js'

// The counters that ids come from. A row that brings its own id needs one that no other row will get.

const LAST = isSqlite
  ? 'SELECT seq AS last FROM sqlite_sequence WHERE name = $1'
  : "SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence($1, 'id') AS REGCLASS)) AS last"

/** The last id that a table has given, or that was reserved. 0 before the first. */
export async function lastId(model: ModelStatic<Model>): Promise<number> {
  return numberOf(await run(LAST, [nameOf(model)], READER))
}

/** Takes ids for this many rows, which the transaction has to insert before it takes more. */
export async function takeIds(transaction: Transaction, model: ModelStatic<Model>, count: number): Promise<number[]> {
  const name = nameOf(model)
  if (isSqlite) {
    const last = numberOf(await runIn(transaction, LAST, [name]))
    return Array.from({ length: count }, (_, index) => last + 1 + index)
  }
  const statement =
    "SELECT nextval(CAST(pg_get_serial_sequence($1, 'id') AS REGCLASS)) AS id FROM generate_series(1, CAST($2 AS INTEGER))"
  return (await runIn(transaction, statement, [name, count])).map((row) => Number((row as { id: string }).id))
}

/** From now on the table itself gives ids after this one. */
export async function reserveIds(transaction: Transaction, model: ModelStatic<Model>, last: number): Promise<void> {
  const name = nameOf(model)
  if (!isSqlite) {
    const statement = "SELECT setval(CAST(pg_get_serial_sequence($1, 'id') AS REGCLASS), CAST($2 AS BIGINT))"
    await runIn(transaction, statement, [name, last])
    return
  }
  await runIn(transaction, 'DELETE FROM sqlite_sequence WHERE name = $1', [name])
  await runIn(transaction, 'INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)', [name, last])
}

/** The name by which the counter is found. */
function nameOf({ tableName }: ModelStatic<Model>): string {
  return isSqlite ? tableName : table(tableName)
}

function numberOf(rows: object[]): number {
  return Number((rows[0] as { last: number | string | null } | undefined)?.last ?? 0)
}
