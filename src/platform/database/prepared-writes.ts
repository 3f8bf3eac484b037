import type { Attributes, Model, ModelStatic, Transaction } from 'sequelize'
import { runIn, type Scalar } from './statement.js'
import { table } from './tables.js'

// These are for the frequent writes of a service with many tokens. Sequelize builds a statement for each use, with code around it
// that costs ten times what the database needs. A change of rights has a dozen statements (measured).

/** As `update` of an instance. Afterwards it has the values. */
export async function updateIn<Row extends Model>(
  transaction: Transaction,
  row: Row,
  values: Partial<Attributes<Row>>,
): Promise<Row> {
  const model = row.constructor as ModelStatic<Row>
  const names = Object.keys(values)
  const statement = once(`update ${model.tableName} ${names}`, () => updateOf(model, names))
  await runIn(transaction, statement, [
    ...Object.values(values).map(stored),
    row.get(model.primaryKeyAttribute) as Scalar,
  ])
  row.set(values, { raw: true })
  return row
}

/**
 * Appends a row whose values are all given.
 * @returns whether it was added. An existing row with the key stays as it is
 */
export async function appendIn<Row extends Model>(
  transaction: Transaction,
  model: ModelStatic<Row>,
  values: Attributes<Row>,
): Promise<boolean> {
  const names = Object.keys(values)
  const statement = once(`append ${model.tableName} ${names}`, () => {
    const key = column(model, model.primaryKeyAttribute)
    return `${insertOf(model, names)} ON CONFLICT (${key}) DO NOTHING RETURNING ${key}`
  })
  return (await runIn(transaction, statement, Object.values(values).map(stored))).length > 0
}

/**
 * Appends a row whose values are all given, except the key.
 * @returns the key, which the database gives
 */
export async function insertIn<Row extends Model>(
  transaction: Transaction,
  model: ModelStatic<Row>,
  values: Partial<Attributes<Row>>,
): Promise<number> {
  const names = Object.keys(values)
  const statement = once(
    `insert ${model.tableName} ${names}`,
    () => `${insertOf(model, names)} RETURNING ${column(model, model.primaryKeyAttribute)} AS key`,
  )
  const [made] = (await runIn(transaction, statement, Object.values(values).map(stored))) as { key: number | string }[]
  return Number(made!.key)
}

/** The statement for a new row, to which the caller may add. Its values are these, in their order. */
export function insertOf(model: ModelStatic<Model>, names: string[]): string {
  const columns = names.map((name) => column(model, name))
  return `INSERT INTO ${table(model.tableName)} (${columns}) VALUES (${names.map((_, index) => `$${index + 1}`)})`
}

/** The same for an existing row, whose key is the last value. */
export function updateOf(model: ModelStatic<Model>, names: string[]): string {
  const changes = names.map((name, index) => `${column(model, name)} = $${index + 1}`)
  const key = column(model, model.primaryKeyAttribute)
  return `UPDATE ${table(model.tableName)} SET ${changes} WHERE ${key} = $${names.length + 1}`
}

/** A time as Sequelize writes it, in UTC, which SQLite compares as text. */
export function timeText(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', ' +00:00')
}

const statements = new Map<string, string>()

/** @returns the statement with this key, which is built the first time */
export function once(key: string, build: () => string): string {
  let statement = statements.get(key)
  if (statement === undefined) {
    statement = build()
    statements.set(key, statement)
  }
  return statement
}

/** @returns its name in a statement */
export function column(model: ModelStatic<Model>, attribute: string): string {
  return `"${model.getAttributes()[attribute]!.field}"`
}

/** A value as it is bound, with a time as Sequelize writes it. */
export function stored(value: unknown): Scalar {
  return value instanceof Date ? timeText(value) : (value as Scalar)
}
