import type { Transaction } from 'sequelize'
import { act } from '../../audit/act.js'
import type { Actor } from '../../audit/actor.js'
import type { Act } from '../../audit/event.js'
import { HttpError } from '../../platform/failures.js'
import { renewSession } from '../sessions/session.js'
import { OneTimeLink } from '../sign-in/one-time-link.js'
import { Token } from '../tokens/token.js'
import { weakness } from '../users/facts.js'
import { lockUsers } from '../users/lock-users.js'
import { newPasswordHash, type PasswordChoice } from '../users/password.js'
import { User } from '../users/user.js'

/**
 * Sets a user's password. It ends what somebody with the old one may have made, and any password link.
 * @param but the kinds of token that stay, and the session in which the owner changes the password
 * @param before an event that the trail gets first
 * @returns the new value of that session, because somebody with the old password may have the old value
 * @throws {HttpError} 404, or 400 for a password against the rules
 */
export async function setPassword(
  userId: number,
  choice: PasswordChoice,
  but: { kinds: Token['kind'][]; id?: number },
  actor: Actor,
  before: Act[] = [],
): Promise<string | undefined> {
  const user = await User.findByPk(userId)
  if (!user) throw new HttpError(404, 'Not found.')
  const hash = await newPasswordHash(choice, user.username, actor.address)
  const lock = (transaction: Transaction) => lockUsers(userId, actor.id, transaction)
  const change = { before: {}, after: {}, unshown: ['password'] }
  const what = (): Act[] => [
    ...before,
    { action: 'password.set', object: `user:${userId}`, change },
    ...weakness(userId, choice),
  ]
  const rights = ({ ended, value }: { ended: number; value?: string }) =>
    ended > 0 || value !== undefined ? (`user:${userId}` as const) : undefined
  const { value } = await act({ actor, lock, rights, what }, async (transaction) => {
    await User.update(hash, { where: { id: userId }, transaction })
    await OneTimeLink.endOf([userId], transaction)
    const ended = await Token.endAllOf(userId, but, transaction)
    return { ended, value: but.id === undefined ? undefined : await renewSession(but.id, transaction) }
  })
  return value
}
