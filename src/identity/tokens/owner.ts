import type { Transaction } from 'sequelize'
import { invalid } from '../../platform/failures.js'
import { User } from '../users/user.js'

/**
 * For use inside a write that makes tokens, after its other locks. It keeps these users until the end of the write. There is no
 * foreign key for this, because the records of tokens outlive their users.
 * @returns the ids of the users who exist
 */
export async function keptOwners(ids: number[], transaction: Transaction): Promise<Set<number>> {
  const lock = transaction.LOCK.KEY_SHARE
  const found = await User.findAll({ attributes: ['id'], where: { id: ids }, transaction, lock, raw: true })
  return new Set(found.map(({ id }) => id))
}

/** As `keptOwners`, for one. @throws {HttpError} 400 if there is no such user */
export async function keepOwner(id: number, transaction: Transaction): Promise<void> {
  if (!(await keptOwners([id], transaction)).has(id)) throw invalid({ user: ['There is no such user.'] })
}
