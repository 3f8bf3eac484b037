import { type Actor, Event } from '../../audit/event.js'
import { writeRights } from '../../platform/database/epoch.js'
import { HttpError } from '../../platform/failures.js'
import { renewSession } from '../sessions/session.js'
import { Token } from '../tokens/token.js'
import { newPasswordHash, type PasswordChoice, User } from '../users/user.js'

/**
 * Sets a user's password and ends what the old one may have given away.
 * @param but the kinds of token that stay, and the session in which the owner changes it
 * @returns the new value of that session: whoever held the old password may hold the old value
 * @throws {HttpError} 404, or 400 for a password against the rules
 */
export async function setPassword(
  userId: number,
  choice: PasswordChoice,
  but: { kinds: Token['kind'][]; id?: number },
  actor: Actor,
): Promise<string | undefined> {
  const user = await User.findByPk(userId)
  if (!user) throw new HttpError(404, 'Not found.')
  const hash = await newPasswordHash(choice, user.username, actor.address)
  return writeRights(async (transaction) => {
    await user.update(hash, { transaction })
    // After the row is locked: it may be the actor's own.
    await actor.recheck?.(transaction)
    await Token.endAllOf(userId, but, transaction)
    const object = `user:${userId}`
    await Event.record(actor, { action: 'password.set', object }, transaction)
    if (choice.rules === 'waived') await Event.record(actor, { action: 'password.weak', object }, transaction)
    return but.id === undefined ? undefined : renewSession(but.id, transaction)
  })
}
