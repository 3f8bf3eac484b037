import { hash } from 'node:crypto'
import { takesImportedValues } from '../../platform/database/epoch.js'
import { sealValue } from './sealed-value.js'
import { digestOf, storedFormOf } from './value.js'

/** Django REST framework: 20 random bytes in hex. */
const DRF = /^[0-9a-f]{40}$/

/**
 * django-rest-knox: a TOKEN_PREFIX of at most 10 characters, then as many hex digits as AUTH_TOKEN_CHARACTER_LENGTH says: 64, if nobody
 * has changed it.
 */
const KNOX = /^[!-~]{0,10}[0-9a-f]{16,256}$/

/** Whether a value can be one of another system at all. */
export function isImportedShape(value: string): boolean {
  return KNOX.test(value)
}

/** An even number of hex digits: what knox before 5.0 can have made. */
const BYTES = /^(?:[0-9a-f]{2})+$/

/** SHA-512 in hex, the default of knox; under another SECURE_HASH_ALGORITHM its tokens cannot be told here. */
const SHA_512 = /^[0-9a-f]{128}$/

/**
 * The digests that a value has if it is one of Django REST framework or of knox: none where it has the shape of neither, or where nothing
 * was ever imported, so that junk costs no query. What knox keeps is never a value itself: whoever has seen its table holds no token.
 * @throws when nobody can tell whether there was an import
 */
export async function importedDigestsOf(value: string): Promise<string[]> {
  if (!KNOX.test(value) || !(await takesImportedValues())) return []
  return [
    ...(DRF.test(value) ? [digestOf(value)] : []),
    // knox from 5.0 on hashes the text, before it the bytes that the text stands for.
    digestOf(hash('sha512', value, 'hex')),
    ...(BYTES.test(value) ? [digestOf(hash('sha512', Buffer.from(value, 'hex'), 'hex'))] : []),
  ]
}

/**
 * What a row of `tokens` has for a key of Django REST framework, beside what every row has. `/gettoken/` hands the key out again.
 * @param place the id that the row will have, and its user's
 * @returns nothing for a key that is not 40 digits of hex in small letters
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
 * What a row of `tokens` has for a token of knox, whose value nobody knows.
 * @param digest as knox keeps it. With a column `salt` beside it (knox before 4.2) it is of no use: it cannot be told from the value alone
 * @param tokenKey the first characters of the value, which knox keeps as `token_key`
 * @returns nothing for a digest that is not SHA-512 in hex
 */
export function importedPersonal(digest: string, tokenKey: string) {
  if (!SHA_512.test(digest)) return undefined
  return { kind: 'personal', digest: digestOf(digest), hint: `${/^[!-~]{0,8}/.exec(tokenKey)![0]}…` } as const
}
