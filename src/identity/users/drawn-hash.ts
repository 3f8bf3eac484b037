import { Op } from 'sequelize'
import { takesImportedValues } from '../../platform/database/epoch.js'
import { type Bind, prepared } from '../../platform/database/prepared-reads.js'
import { number } from '../../platform/keys.js'
import type { ForeignHash } from './foreign-hash.js'
import { importedHashOf } from './imported-hash.js'
import { User, type UserRow } from './user.js'

/**
 * The imported hash of somebody, drawn by the name that was sent: what a wrong password of a name without an imported hash is compared
 * with as well. The cost of the formats differs by the thousandfold, so this alone makes such names take the time that
 * imported users take, in the same shares, and the same time at each try.
 * @returns nothing where nobody has an imported hash
 */
export async function hashDrawnBy(username: string): Promise<ForeignHash | undefined> {
  if (!(await takesImportedValues())) return undefined
  const [[first], [last]] = await Promise.all([imported('ASC'), imported('DESC')])
  if (!first || !last) return undefined
  const id = first.id + Math.floor((number('draw', username) / 2 ** 32) * (last.id - first.id + 1))
  const [drawn] = await imported('ASC', id)
  try {
    return drawn && importedHashOf(drawn)
  } catch {
    // That of a stranger must not keep anybody out.
    return undefined
  }
}

/** The first row from an id on, in the order of ids, that has an imported hash. */
function imported(order: 'ASC' | 'DESC', from = 0): Promise<UserRow[]> {
  return prepared(User, (bind: Bind) => ({
    where: { importedHash: { [Op.ne]: null }, id: { [Op.gte]: bind(from) } },
    order: [['id', order]],
    limit: 1,
  }))
}
