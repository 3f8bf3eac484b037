import { type Model, type ModelStatic, type Transaction, UniqueConstraintError } from 'sequelize'
import { duplicate, type FieldErrors } from '../platform/failures.js'

/**
 * For `.catch` after a write: DRF's sentence for a value that is taken, for its field.
 * @param noun for a row
 */
export function taken(model: ModelStatic<Model>, noun: string) {
  return (error: unknown): never => {
    const field = (error instanceof UniqueConstraintError && fieldOf(error)) || model.primaryKeyAttribute
    return duplicate(field, sentenceOf(noun, field))(error)
  }
}

/**
 * Finds the values that are taken, by existing rows or by each other.
 * @param rows to be stored, in their order
 * @returns the errors of each row
 */
export async function takenValues(
  model: ModelStatic<Model>,
  rows: Model[],
  noun: string,
  transaction: Transaction,
): Promise<FieldErrors[]> {
  const errors: FieldErrors[] = rows.map(() => ({}))
  for (const [name, { field, unique, primaryKey }] of Object.entries(model.getAttributes())) {
    if (!unique && !primaryKey) continue
    const values = rows.map((row) => row.get(name) ?? null)
    const where = { [name]: values.filter((value) => value !== null) as string[] }
    const found = await model.findAll({ attributes: [name], where, raw: true, transaction })
    const seen = new Set(found.map((row) => row[name as keyof typeof row] as unknown))
    values.forEach((value, index) => {
      if (value !== null && seen.has(value)) errors[index]![field!] = [sentenceOf(noun, field!)]
      seen.add(value)
    })
  }
  return errors
}

/** DRF's sentence for a value that is taken. */
export function sentenceOf(noun: string, field: string): string {
  return `${noun} with this ${field} already exists.`
}

/** From the messages of the databases: `UNIQUE constraint failed: departments.name`, `Key (name)=(Research) already exists.` */
function fieldOf({ parent }: UniqueConstraintError): string | undefined {
  const { message, detail = '' } = parent as Error & { detail?: string }
  return /UNIQUE constraint failed: \w+\.(\w+)/.exec(message)?.[1] ?? /^Key \("?(\w+)"?\)=/.exec(detail)?.[1]
}
