import { hash } from 'node:crypto'
import { takesImportedValues } from '../../platform/database/epoch.js'
import { sealValue } from './sealed-value.js'
import { digestOf, storedFormOf } from './value.js'

/** Django REST framework: 20 random bytes in hex. */
const DRF = /^[0-9a-f]{40}$/

/** django-rest-knox: a TOKEN_PREFIX of at most 10 characters, then AUTH_TOKEN_CHARACTER_LENGTH hex digits (64 by default). */
const KNOX = /^[!-~]{0,10}[0-9a-f]{16,256}$/

/** Whether a value can come from another system at all. */
export function isImportedShape(value: string): boolean {
  return KNOX.test(value)
}

/** An even number of hex digits, as knox before 5.0 made them. */
const BYTES = /^(?:[0-9a-f]{2})+$/

/** SHA-512 in hex, the default of knox. Tokens with another SECURE_HASH_ALGORITHM cannot be recognized here. */
const SHA_512 = /^[0-9a-f]{128}$/

/**
 * The digests that a value has if it comes from Django REST framework or knox. None if it has neither shape or nothing was ever
 * imported, so that junk costs no query. A digest from knox's table does not work as a value, so somebody who has seen the table
 * has no token.
 * @throws if it is unknown whether there was an import
 */
export async function importedDigestsOf(value: string): Promise<string[]> {
  if (!KNOX.test(value) || !(await takesImportedValues())) return []
  return [
    ...(DRF.test(value) ? [digestOf(value)] : []),
    // knox 5.0 and later hashes the text. Earlier versions hash the bytes that the text stands for.
    digestOf(hash('sha512', value, 'hex')),
    ...(BYTES.test(value) ? [digestOf(hash('sha512', Buffer.from(value, 'hex'), 'hex'))] : []),
  ]
}

/**
 * The columns of a `tokens` row for a key of Django REST framework, in addition to those that every row has. `/gettoken/` returns
 * the key again.
 * @param place the id that the row will have, and that of its user
 * @returns nothing for a key that is not 40 hex digits in lower case
 */
export function importedAccount(key: string, place: { id: number; userId: number }) {
  if (!DRF.test(key)) return undefined
  return { kind: 'account', ...storedFormOf(key), ...sealValue(key, place) } as const
}

/** The digest that such a row would have. @returns nothing, as above */
export function importedAccountDigest(key: string): string | undefined {
  return DRF.test(key) ? digestOf(key) : undefined
}

/**
 * The columns of a `tokens` row for a token of knox. Nobody knows its value.
 * @param digest as knox stores it. With a `salt` column (knox before 4.2) it is useless, because the value alone does not give it
 * @param tokenKey the first characters of the value, which knox stores as `token_key`
 * @returns nothing for a digest that is not SHA-512 in hex
 */
export function importedPersonal(digest: string, tokenKey: string) {
  if (!SHA_512.test(digest)) return undefined
  return { kind: 'personal', digest: digestOf(digest), hint: `${/^[!-~]{0,8}/.exec(tokenKey)![0]}…` } as const
}
