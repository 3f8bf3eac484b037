import { importedAccount, importedPersonal } from '../src/identity/tokens/imported.js'
import { Token } from '../src/identity/tokens/token.js'
import { sealImportedHash } from '../src/identity/users/imported-hash.js'
import type { Profile, User } from '../src/identity/users/user.js'
import { sequelize } from '../src/platform/database/connection.js'
import { takeImportedValues, takesImportedValues } from '../src/platform/database/epoch.js'
import { write } from '../src/platform/database/write-queue.js'
import { expectWithin } from './process.js'
import { makeUser } from './support.js'

/** A user whose password another system has hashed. */
export async function makeImported(hash: string, profile: Partial<Profile> = {}): Promise<User> {
  const user = await makeUser(profile)
  const none = { passwordHash: null, passwordKey: null }
  return write((transaction) => user.update({ ...none, ...sealImportedHash(hash, user.id) }, { transaction }))
}

/** From now on imported values are tried, and this process knows it. What a test sets stays for those after it. */
export async function takeImported(): Promise<void> {
  await write(takeImportedValues)
  await expectWithin(3000, takesImportedValues)
}

/** As before any import. */
export async function takeNoImported(): Promise<void> {
  await write((transaction) => sequelize.query('UPDATE epoch SET takes_imported = FALSE', { transaction }))
  await expectWithin(3000, async () => !(await takesImportedValues()))
}

/** The account token of a user whose value is a key of Django REST framework. */
export function makeAccount({ id: userId }: User, key: string): Promise<Token> {
  return write(async (transaction) => {
    const { kind, digest, hint } = importedAccount(key, { id: 0, userId })!
    const token = await Token.create({ userId, kind, digest, hint }, { transaction })
    return token.update(importedAccount(key, token)!, { transaction })
  })
}

/** A personal token of which there is what knox keeps. */
export function makeKnox({ id: userId }: User, digest: string, tokenKey: string): Promise<Token> {
  const row = { userId, scopes: 'employees:read', ...importedPersonal(digest, tokenKey)! }
  return write((transaction) => Token.create(row, { transaction }))
}
