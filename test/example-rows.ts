import { DataTypes, type Model, type ModelStatic } from 'sequelize'
import type { User } from '../src/identity/users/user.js'
import { sequelize } from '../src/platform/database/connection.js'
import { write } from '../src/platform/database/write-queue.js'
import { exampleBody, type Operation, operations } from './document.js'
import { makeUser } from './support.js'

/**
 * A row of a resource as the document's example has it, with those that it must refer to; each of them differs from those that are
 * there in what must be unique.
 * @param owner whose it is, where rows have an owner; otherwise somebody new
 * @returns its key
 */
export async function exampleRow(table: string, owner?: User): Promise<string | number> {
  const model = modelOf(table)
  const bulk = operations.find(({ path, tags }) => path.endsWith('/bulk') && tags.includes(table))!
  const [body] = exampleBody(bulk) as [Record<string, unknown>]
  const number = (await model.count()) + 1
  const values: Record<string, unknown> = {}
  for (const [name, attribute] of Object.entries(model.getAttributes())) {
    const { field, references, allowNull, unique, primaryKey, type } = attribute
    const given = body[field!]
    if (name === 'owner') values[name] = (owner ?? (await makeUser())).id
    else if (typeof references === 'object' && allowNull === false)
      values[name] = await exampleRow(references.model as string, owner)
    else if (given !== undefined) values[name] = unique || primaryKey ? another(given, number, type) : given
  }
  const row = await write((transaction) => model.create(values as never, { transaction }))
  return row.get(model.primaryKeyAttribute) as string | number
}

/** The body of an operation's example, which refers to rows that are there. @param key of the row that it is about */
export async function bodyWithRows(operation: Operation, key?: string | number): Promise<object | undefined> {
  const body = exampleBody(operation)
  if (!body) return undefined
  const model = modelOf(operation.tags[0]!)
  const [row] = [body].flat() as Record<string, unknown>[]
  for (const { field, references, allowNull, primaryKey } of Object.values(model.getAttributes())) {
    if (primaryKey && key !== undefined && field! in row!) row![field!] = key
    if (typeof references === 'object' && allowNull === false && field! in row!)
      row![field!] = await exampleRow(references.model as string)
  }
  return body
}

function modelOf(table: string): ModelStatic<Model> {
  return (Object.values(sequelize.models) as ModelStatic<Model>[]).find(({ tableName }) => tableName === table)!
}

function another(value: unknown, number: number, type: unknown): unknown {
  if (number === 1) return value
  if (typeof value === 'number') return value + number - 1
  if (type instanceof DataTypes.DATEONLY) return new Date(Date.UTC(2027, 0, number)).toISOString().slice(0, 10)
  if (type instanceof DataTypes.DATE) return new Date(Date.UTC(2027, 0, number))
  const end = String(number - 1)
  if (type instanceof DataTypes.DECIMAL) {
    const decimals = String(value).split('.')[1]?.length ?? 0
    return (Number(value) - (number - 1) / 10 ** decimals).toFixed(decimals)
  }
  return `${String(value).slice(0, -end.length)}${end}`
}
