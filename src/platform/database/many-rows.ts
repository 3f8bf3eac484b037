import { type Attributes, DataTypes, type Model, type ModelStatic, type Transaction } from 'sequelize'
import { isSqlite } from './connection.js'
import { column, stored } from './prepared-writes.js'
import { runIn } from './statement.js'
import { table } from './tables.js'

// Writes a thousand rows in one statement with one parameter. Sequelize's bulkCreate puts each value into the statement's text,
// which costs four times what the database needs for the rows.

/**
 * Inserts rows whose values are all given, in their order.
 * @param rows all with the same members, and texts without U+0000 and lone surrogates, which PostgreSQL's JSON refuses
 */
export async function insertManyIn<Row extends Model>(
  transaction: Transaction,
  model: ModelStatic<Row>,
  rows: Partial<Attributes<Row>>[],
): Promise<void> {
  if (rows.length === 0) return
  const names = Object.keys(rows[0]!)
  const columns = names.map((name) => column(model, name))
  const statement = `INSERT INTO ${table(model.tableName)} (${columns}) SELECT ${columns.map((name) => `given.${name}`)} FROM ${given(model, names)}`
  await runIn(transaction, statement, [jsonOf(rows, names)])
}

/**
 * Updates rows by their primary key.
 * @param unless an attribute. Rows in which it is set stay as they are
 * @param rows all with the same members, including the key, and texts as above
 */
export async function updateManyIn<Row extends Model>(
  transaction: Transaction,
  model: ModelStatic<Row>,
  rows: Partial<Attributes<Row>>[],
  unless?: { isSet: string },
): Promise<void> {
  if (rows.length === 0) return
  const names = Object.keys(rows[0]!)
  const key = column(model, model.primaryKeyAttribute)
  const changes = names
    .filter((name) => name !== model.primaryKeyAttribute)
    .map((name) => `${column(model, name)} = given.${column(model, name)}`)
  const statement = `UPDATE ${table(model.tableName)} SET ${changes} FROM ${given(model, names)} WHERE "${model.tableName}".${key} = given.${key}${unless ? ` AND "${model.tableName}".${column(model, unless.isSet)} IS NULL` : ''}`
  await runIn(transaction, statement, [jsonOf(rows, names)])
}

/** A table of the values of `$1`, with the columns' types. */
function given(model: ModelStatic<Model>, names: string[]): string {
  if (isSqlite)
    return `(SELECT ${names.map((name, index) => `value ->> ${index} AS ${column(model, name)}`)} FROM json_each($1)) AS given`
  const columns = names.map(
    (name, index) => `CAST(value ->> ${index} AS ${typeOf(model, name)}) AS ${column(model, name)}`,
  )
  return `(SELECT ${columns} FROM jsonb_array_elements(CAST($1 AS JSONB)) WITH ORDINALITY AS each (value, place) ORDER BY place) AS given`
}

/** Rows are written as lists, which take half the room of objects. */
function jsonOf<Row>(rows: Row[], names: string[]): string {
  return JSON.stringify(rows.map((row) => names.map((name) => stored(row[name as keyof Row]))))
}

function typeOf(model: ModelStatic<Model>, name: string): string {
  const { type } = model.getAttributes()[name]!
  const known = TYPES.find(([kind]) => type instanceof kind)
  if (!known) throw new Error(`${model.name}.${name} has a type that is not written in bulk`)
  return known[1]
}

/** The types for PostgreSQL. SQLite takes any value. */
const TYPES: [kind: abstract new (...options: never[]) => unknown, name: string][] = [
  [DataTypes.INTEGER as never, 'INTEGER'],
  [DataTypes.BIGINT as never, 'BIGINT'],
  [DataTypes.TEXT as never, 'TEXT'],
  [DataTypes.BOOLEAN as never, 'BOOLEAN'],
  [DataTypes.DATE as never, 'TIMESTAMPTZ'],
  [DataTypes.DATEONLY as never, 'DATE'],
  [DataTypes.DECIMAL as never, 'NUMERIC'],
  [DataTypes.UUID as never, 'UUID'],
]
