import type { FieldErrors } from '../../platform/failures.js'

/**
 * Finds text that the databases do not both keep: U+0000, which PostgreSQL refuses, and halves of surrogate pairs, which SQLite's
 * driver changes, so that two different passwords would become one. The sentences are Django's.
 * @returns a sentence for each top-level name whose value holds such text at any depth
 */
export function textErrors(values: object): FieldErrors {
  const errors: FieldErrors = Object.create(null)
  for (const [name, value] of Object.entries(values)) {
    const sentence = complaint(value)
    if (sentence) errors[name] = [sentence]
  }
  return errors
}

function complaint(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (value.includes('\0')) return 'Null characters are not allowed.'
    return value.isWellFormed() ? undefined : 'Surrogate characters are not allowed.'
  }
  if (typeof value !== 'object' || value === null) return undefined
  const parts: unknown[] = Array.isArray(value) ? value : Object.entries(value).flat()
  return parts.map(complaint).find(Boolean)
}
