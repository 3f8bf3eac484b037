import { Op } from 'sequelize'
import { takesImportedValues } from '../../platform/database/epoch.js'
import { type Bind, prepared } from '../../platform/database/prepared-reads.js'
import { number } from '../../platform/keys.js'
import { PASSWORD_COST } from '../../platform/shares.js'
import type { ForeignHash } from './foreign-hash.js'
import { importedHashOf } from './imported-hash.js'
import { costOf, type Holder } from './password.js'
import { User, type UserRow } from './user.js'

/**
 * The hash of an existing user, chosen by the name that was sent. A wrong password for a name without a hash is compared with it.
 * The cost of the formats differs by a factor of thousands, and that of our own hashes by the setting when they were made. Only
 * in this way do such names take as long as real users, in the same proportions, and the same time at each attempt.
 */
export async function drawnBy(username: string): Promise<Holder['drawn']> {
  const [own, imported] = await Promise.all([
    drawnFrom('passwordHash', username),
    (await takesImportedValues()) ? drawnFrom('importedHash', username) : undefined,
  ])
  // Hashes with a lower cost than the current one take as long as current ones.
  const cost = Math.max(PASSWORD_COST, own ? costOf(own.passwordHash!) : 0)
  return { cost, imported: imported && readable(imported) }
}

function readable(row: UserRow): ForeignHash | undefined {
  try {
    return importedHashOf(row)
  } catch {
    // A problem with the hash of a stranger must not keep anybody out.
    return undefined
  }
}

type Column = 'passwordHash' | 'importedHash'

async function drawnFrom(column: Column, username: string): Promise<UserRow | undefined> {
  const [[first], [last]] = await Promise.all([having(column, 'ASC'), having(column, 'DESC')])
  if (!first || !last) return undefined
  const id = first.id + Math.floor((number('draw', username) / 2 ** 32) * (last.id - first.id + 1))
  return (await having(column, 'ASC', id))[0]
}

/** The first row that has a hash, from an id on, in the order of ids. */
function having(column: Column, order: 'ASC' | 'DESC', from = 0): Promise<UserRow[]> {
  return prepared(User, (bind: Bind) => ({
    where: { [column]: { [Op.ne]: null }, id: { [Op.gte]: bind(from) } },
    order: [['id', order]],
    limit: 1,
  }))
}
