import { open, seal } from '../../platform/keys.js'

/** What the database keeps of a password that another system has hashed. */
export interface ImportedHash {
  importedHash: string
  importedKey: string
}

/** @param text for which `foreignHash` has a way; sealed under the first server key, for this user's row alone */
export function sealImportedHash(text: string, userId: number): ImportedHash {
  const { sealed, keyId } = seal(text, placeOf(userId))
  return { importedHash: sealed, importedKey: keyId }
}

/**
 * @returns the text that was sealed
 * @throws {HttpError} 503 when this node lacks the key
 * @throws when the sealed text was changed, or stands in the row of another user
 */
export function openImportedHash({ importedHash, importedKey }: ImportedHash, userId: number): string {
  return open(importedHash, importedKey, placeOf(userId))
}

/** What a sealed hash is bound to: table, column and row; `seal` adds the key. */
function placeOf(userId: number): string {
  return `users imported_hash ${userId}`
}
