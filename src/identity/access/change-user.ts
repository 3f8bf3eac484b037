import { Op } from 'sequelize'
import type { Actor } from '../../audit/actor.js'
import { endSessionsOf } from '../sessions/session.js'
import { OneTimeLink } from '../sign-in/one-time-link.js'
import { whereState } from '../tokens/state.js'
import { Token } from '../tokens/token.js'
import { type Profile, User, type UserRow } from '../users/user.js'

/**
 * Changes a user. If the user is disabled, or loses staff or superuser, the same write ends their sessions and password link.
 * They have to sign in again for their new rights. The tokens of a disabled user stay, but do not work.
 * @returns also how many tokens work again, if the user was enabled
 * @throws {HttpError} as `User.change`
 */
export async function changeUser(
  id: number,
  changes: Partial<Profile>,
  actor: Actor,
  check: (user: User) => void,
): Promise<{ user: User; woken: number | undefined }> {
  let woken: number | undefined
  const user = await User.change(id, changes, actor, check, async ({ before, user }, transaction) => {
    woken = undefined
    if (isOtherwise(before, user)) await OneTimeLink.endOf([id], transaction)
    const ended = losesRight(before, user) ? await endSessionsOf([id], transaction) : 0
    if (!before.isActive && user.isActive)
      woken = await Token.count({
        where: { [Op.and]: [{ userId: id, kind: ['account', 'personal'] }, whereState('active')] },
        transaction,
      })
    return [...(ended > 0 ? [`sessions ended ${ended}`] : []), ...(woken ? [`tokens that work again ${woken}`] : [])]
  })
  return { user, woken }
}

/**
 * Removes a user and their sessions. Their tokens end. The tokens' records stay, so that their use can still be reviewed. A user
 * who gets the name later has another id, and inherits nothing.
 * @throws {HttpError} as `User.remove`
 */
export async function removeUser(id: number, actor: Actor, check: (user: User) => void): Promise<void> {
  await User.remove(id, actor, check, async (transaction) => {
    const ended = await Token.endAllOf(id, { kinds: ['session'] }, transaction)
    await Token.destroy({ where: { userId: id, kind: 'session' }, transaction })
    return ended > 0 ? [`tokens ended ${ended}`] : []
  })
}

const RIGHTS = ['isActive', 'isStaff', 'isSuperuser'] as const

function losesRight(before: UserRow, after: UserRow): boolean {
  return RIGHTS.some((right) => before[right] && !after[right])
}

function isOtherwise(before: UserRow, after: UserRow): boolean {
  return RIGHTS.some((right) => before[right] !== after[right])
}
