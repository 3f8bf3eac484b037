import { HttpError } from '../../platform/failures.js'
import { open, seal } from '../../platform/keys.js'
import { type ForeignHash, foreignHash } from './foreign-hash.js'

/** What the database stores of a password that another system has hashed. */
export interface ImportedHash {
  importedHash: string
  importedKey: string
}

/** The columns of a user for such a password. */
export interface MayBeImported {
  id: number
  importedHash: string | null
  importedKey: string | null
}

/** @param text that `foreignHash` can check. It is sealed under the first server key, for this user's row alone */
export function sealImportedHash(text: string, userId: number): ImportedHash {
  const { sealed, keyId } = seal(text, placeOf(userId))
  return { importedHash: sealed, importedKey: keyId }
}

/**
 * @returns the text that was sealed, or nothing if there is none
 * @throws {HttpError} 503 if this node lacks the key
 * @throws if the sealed text was changed, or is in the row of another user
 */
export function openImportedHash({ id, importedHash, importedKey }: MayBeImported): string | undefined {
  return importedHash === null ? undefined : open(importedHash, importedKey!, placeOf(id))
}

/**
 * How to check the imported password of a user. Nothing if there is none.
 * @throws {HttpError} 503 if the stored hash cannot be read, which does not mean that the password is wrong
 */
export function importedHashOf(user: MayBeImported): ForeignHash | undefined {
  try {
    const text = openImportedHash(user)
    if (text === undefined) return undefined
    const found = foreignHash(text)
    if ('matches' in found) return found
    throw new Error(`the imported hash of user ${user.id} cannot be checked: ${found.reason}`)
  } catch (error) {
    throw error instanceof HttpError ? error : uncheckable(error)
  }
}

/** The error for a password that was not compared. It does not mean that the password is wrong. */
export function uncheckable(cause: unknown): HttpError {
  return new HttpError(503, 'The password cannot be checked right now. Please try again.', { retryAfter: 2, cause })
}

/** What a sealed hash is bound to: table, column and row. `seal` adds the key. */
function placeOf(userId: number): string {
  return `users imported_hash ${userId}`
}
