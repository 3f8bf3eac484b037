import type { Transaction } from 'sequelize'
import { invalid } from '../../platform/failures.js'
import { User } from '../users/user.js'

/**
 * For use inside a write that makes tokens, behind its other locks: these users stay until its end. No foreign key sees to it, because
 * the records of tokens outlive their users.
 * @returns the ids of those who are there
 */
export async function keptOwners(ids: number[], transaction: Transaction): Promise<Set<number>> {
  const lock = transaction.LOCK.KEY_SHARE
  const found = await User.findAll({ attributes: ['id'], where: { id: ids }, transaction, lock, raw: true })
  return new Set(found.map(({ id }) => id))
}

/** As `keptOwners`, for one. @throws {HttpError} 400 when there is no such user */
export async function keepOwner(id: number, transaction: Transaction): Promise<void> {
  if (!(await keptOwners([id], transaction)).has(id)) throw invalid({ user: ['There is no such user.'] })
}
