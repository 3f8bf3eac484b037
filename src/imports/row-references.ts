import type { Model, ModelStatic } from 'sequelize'
import { brokenReferences } from '../api/references.js'
import { write } from '../platform/database/write-queue.js'
import type { FieldErrors } from '../platform/failures.js'
import { OPERATOR } from './file-rows.js'
import { inPieces } from './origins.js'

/** Values in rows of this import that must be unique, by table and attribute. */
export class PlannedValues {
  private readonly found = new Map<string, Set<unknown>>()

  of(table: string, attribute: string): Set<unknown> {
    const name = `${table} ${attribute}`
    const known = this.found.get(name) ?? new Set()
    this.found.set(name, known)
    return known
  }
}

interface Referring {
  key: string
  row: Model
}

/**
 * The rows whose references all exist, in the database or in this import. A row that refers to one that is left out is left out
 * itself.
 * @param planned has the keys of all rows, and afterwards of those that are returned
 */
export async function whole<Row extends Referring>(
  rows: Row[],
  {
    model,
    planned,
    leave,
  }: { model: ModelStatic<Model>; planned: PlannedValues; leave: (row: Row, errors: FieldErrors) => void },
): Promise<Row[]> {
  const references = referencesOf(model)
  if (references.length === 0) return rows
  const broken = new Map<Row, FieldErrors>()
  await inPieces(rows, async (piece) => {
    const built = piece.map(({ row }) => row)
    const errors = await write((transaction) => brokenReferences(model, built, OPERATOR, transaction))
    for (const [index, fields] of errors.entries())
      if (Object.keys(fields).length > 0) broken.set(piece[index]!, fields)
  })
  const keys = planned.of(model.tableName, model.primaryKeyAttribute)
  let left = rows
  for (let before = -1; before !== left.length; ) {
    before = left.length
    left = left.filter((item) => {
      const missing = references.filter(
        ({ name, field, table, key }) => broken.get(item)?.[field] && !planned.of(table, key).has(item.row.get(name)),
      )
      if (missing.length === 0) return true
      keys.delete(item.row.get(model.primaryKeyAttribute))
      leave(item, Object.fromEntries(missing.map(({ field }) => [field, broken.get(item)![field]!])))
      return false
    })
  }
  return left
}

/** Sorts resources after those that they refer to. */
export function parentsFirst<Wish extends { model: ModelStatic<Model> }>(wishes: Wish[]): Wish[] {
  const sorted = new Set<Wish>()
  const visit = (wish: Wish, path: Wish[]) => {
    if (sorted.has(wish) || path.includes(wish)) return
    const tables = referencesOf(wish.model).map(({ table }) => table)
    for (const other of wishes) if (tables.includes(other.model.tableName)) visit(other, [...path, wish])
    sorted.add(wish)
  }
  for (const wish of wishes) visit(wish, [])
  return [...sorted]
}

function referencesOf(model: ModelStatic<Model>) {
  return Object.entries(model.getAttributes()).flatMap(([name, { field, references }]) => {
    const table = typeof references === 'object' ? references.model : references
    if (typeof table !== 'string') return []
    const target = Object.values(model.sequelize!.models).find(({ tableName }) => tableName === table)!
    return [{ name, field: field!, table, key: target.primaryKeyAttribute }]
  })
}
