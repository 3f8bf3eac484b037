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
 * What somebody has, drawn by the name that was sent: what a wrong password of a name that has no such thing is compared with. The
 * cost of the formats differs by the thousandfold, and that of our own hashes by the setting of their time, so this alone makes such
 * names take the time that users take, in the same shares, and the same time at each try.
 */
export async function drawnBy(username: string): Promise<Holder['drawn']> {
  const [own, imported] = await Promise.all([
    drawnFrom('passwordHash', username),
    (await takesImportedValues()) ? drawnFrom('importedHash', username) : undefined,
  ])
  // Hashes of a lower cost than that of now take as long as those of now.
  const cost = Math.max(PASSWORD_COST, own ? costOf(own.passwordHash!) : 0)
  return { cost, imported: imported && readable(imported) }
}

function readable(row: UserRow): ForeignHash | undefined {
  try {
    return importedHashOf(row)
  } catch {
    // That of a stranger must not keep anybody out.
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

/** The first row from an id on, in the order of ids, that has one. */
function having(column: Column, order: 'ASC' | 'DESC', from = 0): Promise<UserRow[]> {
  return prepared(User, (bind: Bind) => ({
    where: { [column]: { [Op.ne]: null }, id: { [Op.gte]: bind(from) } },
    order: [['id', order]],
    limit: 1,
  }))
}
