import { ForeignKeyConstraintError, type Model, type ModelStatic, type Transaction } from 'sequelize'
import { sequelize } from '../platform/database/connection.js'
import { type FieldErrors, HttpError, invalid } from '../platform/failures.js'
import { type Asker, OWNER, ownRows } from './owner.js'

const ABSENT = 'There is no such object.'

/**
 * Finds references to rows that do not exist or that the caller cannot see. The databases would report only one, and SQLite would
 * not say which.
 * @param rows to be stored, in their order
 * @returns the errors of each row
 */
export async function brokenReferences(
  model: ModelStatic<Model>,
  rows: Model[],
  request: Asker,
  transaction: Transaction,
): Promise<FieldErrors[]> {
  const errors: FieldErrors[] = rows.map(() => ({}))
  for (const { name, field, target } of referencesOf(model)) {
    const values = rows.map((row) => row.get(name) ?? null)
    const asked = [...new Set(values.filter((value) => value !== null))]
    if (asked.length === 0) continue
    const key = target.primaryKeyAttribute
    const where = { ...ownRows(target, request), [key]: asked as string[] }
    const found = await target.findAll({ attributes: [key], where, raw: true, transaction })
    const there = new Set(found.map((row) => row[key as keyof typeof row] as unknown))
    values.forEach((value, index) => {
      if (value !== null && !there.has(value)) errors[index]![field] = [ABSENT]
    })
  }
  return errors
}

/** For `.catch` after a write: the row that was referred to has gone in the meantime. */
export function referredGone(model: ModelStatic<Model>) {
  return (error: unknown): never => {
    if (!(error instanceof ForeignKeyConstraintError)) throw error
    throw invalid(Object.fromEntries(referencesOf(model).map(({ field }) => [field, [ABSENT]])))
  }
}

/** For `.catch` after a deletion. */
export function stillReferred(error: unknown): never {
  if (!(error instanceof ForeignKeyConstraintError)) throw error
  throw new HttpError(409, 'Other objects refer to this one.', { cause: error })
}

interface Reference {
  name: string
  field: string
  target: ModelStatic<Model>
}

function referencesOf(model: ModelStatic<Model>): Reference[] {
  return Object.entries(model.getAttributes()).flatMap(([name, { field, references }]): Reference[] => {
    if (!references || name === OWNER) return []
    const table = typeof references === 'string' ? references : references.model
    return [
      { name, field: field!, target: Object.values(sequelize.models).find(({ tableName }) => tableName === table)! },
    ]
  })
}
