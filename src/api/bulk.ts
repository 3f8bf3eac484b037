import type { Model, ModelStatic, Transaction } from 'sequelize'
import { type FieldErrors, HttpError, invalid } from '../platform/failures.js'
import { brokenReferences } from './references.js'
import { takenValues } from './unique.js'
import { ownRules } from './values.js'
import type { ResourceRequest } from './wire.js'

/**
 * Checks many rows against all the rules for one row, before any is stored.
 * @param rows that were built, with what of their bodies is stored
 * @throws {HttpError} 400, or 409 if the only errors are taken values. Both have the errors as `<index>.<field>`
 */
export async function requireAll(
  model: ModelStatic<Model>,
  rows: Model[],
  { noun, request, transaction }: { noun: string; request: ResourceRequest; transaction: Transaction },
): Promise<void> {
  const broken = await brokenReferences(model, rows, request, transaction)
  const own = await Promise.all(rows.map(ownRules))
  const errors = byIndex(rows.map((_, index) => ({ ...own[index], ...broken[index] })))
  if (Object.keys(errors).length > 0) throw invalid(errors)
  const duplicates = byIndex(await takenValues(model, rows, noun, transaction))
  if (Object.keys(duplicates).length > 0)
    throw new HttpError(409, 'Some of the rows already exist.', { errors: duplicates })
}

/** @throws {HttpError} 400 with the errors of each row that has some */
export function eachOf<Result>(bodies: object[], make: (body: object) => Result): Result[] {
  const errors: FieldErrors[] = []
  const made = bodies.map((body, index) => {
    try {
      return make(body)
    } catch (error) {
      if (!(error instanceof HttpError) || !error.extras.errors) throw error
      errors[index] = error.extras.errors
      return undefined
    }
  })
  if (errors.length > 0) throw invalid(byIndex(errors))
  return made as Result[]
}

/** The errors of rows, as `<index>.<field>`. */
export function byIndex(errors: FieldErrors[]): FieldErrors {
  return Object.fromEntries(
    errors.flatMap((fields, index) => Object.entries(fields).map(([name, told]) => [`${index}.${name}`, told])),
  )
}
