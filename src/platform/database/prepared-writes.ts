import type { Attributes, Model, ModelStatic, Transaction } from 'sequelize'
import { runIn, type Scalar } from './statement.js'

// For what a service of many tokens does all day. Sequelize builds a statement anew for each use and surrounds it with code that
// costs ten times what the database needs for it; a change of rights has a dozen of them (measured).

/** As `update` of an instance, which has the values from then on. */
export async function updateIn<Row extends Model>(
  transaction: Transaction,
  row: Row,
  values: Partial<Attributes<Row>>,
): Promise<Row> {
  const model = row.constructor as ModelStatic<Row>
  const key = model.primaryKeyAttribute
  const names = Object.keys(values)
  const statement = once(`update ${model.tableName} ${names}`, () => {
    const changes = names.map((name, index) => `${column(model, name)} = $${index + 1}`)
    return `UPDATE "${model.tableName}" SET ${changes} WHERE ${column(model, key)} = $${names.length + 1}`
  })
  await runIn(transaction, statement, [...Object.values(values).map(stored), row.get(key) as Scalar])
  row.set(values, { raw: true })
  return row
}

/**
 * Appends a row whose values are all given.
 * @returns whether it is there now: a row that has the key already stays as it is
 */
export async function appendIn<Row extends Model>(
  transaction: Transaction,
  model: ModelStatic<Row>,
  values: Attributes<Row>,
): Promise<boolean> {
  const names = Object.keys(values)
  const statement = once(`append ${model.tableName} ${names}`, () => {
    const columns = names.map((name) => column(model, name))
    const places = names.map((_, index) => `$${index + 1}`)
    const key = column(model, model.primaryKeyAttribute)
    return `INSERT INTO "${model.tableName}" (${columns}) VALUES (${places}) ON CONFLICT (${key}) DO NOTHING RETURNING ${key}`
  })
  return (await runIn(transaction, statement, Object.values(values).map(stored))).length > 0
}

/** Appends a row whose values are given, all but the key, which the database gives. @returns the key, where it is asked for */
export async function insertIn<Row extends Model>(
  transaction: Transaction,
  model: ModelStatic<Row>,
  values: Partial<Attributes<Row>>,
  returning: 'nothing' | 'key',
): Promise<number> {
  const names = Object.keys(values)
  const statement = once(`insert ${model.tableName} ${returning} ${names}`, () => {
    const columns = names.map((name) => column(model, name))
    const places = names.map((_, index) => `$${index + 1}`)
    const asked = returning === 'key' ? ` RETURNING ${column(model, model.primaryKeyAttribute)} AS key` : ''
    return `INSERT INTO "${model.tableName}" (${columns}) VALUES (${places})${asked}`
  })
  const [made] = (await runIn(transaction, statement, Object.values(values).map(stored))) as { key: number }[]
  return Number(made?.key)
}

/** A time as Sequelize writes it, in UTC, which SQLite compares as text. */
export function timeText(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', ' +00:00')
}

const statements = new Map<string, string>()

/** @returns the statement of this key, which is built the first time */
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

/** As it is bound: a time as Sequelize writes it. */
export function stored(value: unknown): Scalar {
  return value instanceof Date ? timeText(value) : (value as Scalar)
}
