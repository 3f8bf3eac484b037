import { HttpError } from 'react-admin'
import { call } from '../../api'
import type { Section } from '../../document'
import type { Row } from './draft'

/** How many kinds of rules the server reports one after the other. It never needs more requests than these. */
const MOST_ROUNDS = 8

/**
 * Checks the rows against all of the server's rules, and stores none. The server reports the first kind of mistake of every row
 * at once, so it is asked again for the rows without any.
 * @returns the rows with the errors of each
 * @throws {HttpError} if it did not check the rows
 */
export async function checked(section: Section, rows: Row[]): Promise<Row[]> {
  const errors = new Map(rows.map((row) => [row, row.errors]))
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const left = rows.filter((row) => Object.keys(errors.get(row)!).length === 0)
    if (left.length === 0) break
    const found = await refused(section, left)
    if (!found) break
    for (const [index, told] of found) errors.set(left[index]!, told)
  }
  return rows.map((row) => ({ ...row, errors: errors.get(row)! }))
}

async function refused(section: Section, rows: Row[]): Promise<Map<number, Row['errors']> | undefined> {
  try {
    await call('POST', `${section.path}/bulk?validate=true`, { body: rows.map(({ body }) => body) })
    return undefined
  } catch (error) {
    const told = error instanceof HttpError && [400, 409].includes(error.status) ? errorsOf(error) : new Map()
    if (told.size === 0) throw error
    return told
  }
}

/** `2.name` is the field `name` of the third row. Anything after it is a part of the field. */
function errorsOf({ body }: HttpError): Map<number, Row['errors']> {
  const found = new Map<number, Row['errors']>()
  for (const [key, sentence] of Object.entries((body as { errors?: Record<string, string> })?.errors ?? {})) {
    const [, index, name = 'row'] = /^(\d+)(?:\.([^.]+))?/.exec(key) ?? []
    if (index === undefined) continue
    const errors = found.get(Number(index)) ?? {}
    found.set(Number(index), { ...errors, [name]: [errors[name], sentence].filter(Boolean).join(' ') })
  }
  return found
}

/**
 * Stores all rows or none. It may be sent again with the same key if the response was lost.
 * @returns the rows as they are now
 */
export async function stored(
  section: Section,
  rows: Row[],
  idempotencyKey: string,
): Promise<Record<string, unknown>[]> {
  const body = rows.map((row) => row.body)
  return (await call<Record<string, unknown>[]>('POST', `${section.path}/bulk`, { body, idempotencyKey })).body
}

/** Also works if the page has no secure context, which `randomUUID` needs. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
