import type { Actor } from '../../audit/actor.js'
import { Event } from '../../audit/event.js'
import { write } from '../../platform/database/write-queue.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { userFacts } from '../users/facts.js'
import { newPasswordHash } from '../users/password.js'
import { User } from '../users/user.js'
import { OneTimeLink } from './one-time-link.js'

/** Milliseconds that the link of a start works. */
const LIFE = 30 * 60_000

/** The way in while there is no superuser. Replaces the link of an earlier start. @returns the secret, or nothing when there is one */
export function issueSetupLink(): Promise<string | undefined> {
  return write(async (transaction) => {
    const { secret } = await OneTimeLink.issue({ purpose: 'setup', userId: null }, LIFE, transaction)
    if ((await User.count({ where: { isSuperuser: true }, transaction })) === 0) return secret
    await OneTimeLink.destroy({ where: { purpose: 'setup' }, transaction })
    return undefined
    // Also on a full disk, where a start with a superuser has nothing else to write.
  }, 'take rights')
}

/**
 * Makes the first superuser.
 * @throws {HttpError} 400 when the secret is wrong or old, 409 when there is a superuser by now, whatever the secret
 */
export async function redeemSetupLink(secret: string, username: string, password: string, actor: Actor): Promise<User> {
  const link = await OneTimeLink.tried('setup', secret, actor.address)
  if ((await User.count({ where: { isSuperuser: true } })) > 0) throw usedUp()
  if (!link) throw refused()
  const hash = await newPasswordHash({ text: password, rules: 'enforced' }, username, actor.address)
  return write(async (transaction) => {
    const isThere = await link.isStillThere(transaction)
    if ((await User.count({ where: { isSuperuser: true }, transaction })) > 0) throw usedUp()
    if (!isThere) throw refused()
    await link.destroy({ transaction })
    const user = await User.insert({ username, isStaff: true, isSuperuser: true }, hash, transaction)
    const change = { after: userFacts(user), unshown: ['password'] }
    const event = { action: 'superuser.created', object: `user:${user.id}`, change } as const
    await Event.record({ ...actor, id: user.id, name: user.username }, event, transaction)
    return user
  })
}

function refused() {
  return invalid({
    secret: ['This setup link is wrong, used or too old. A new start of the service prints a new one.'],
  })
}

/** Who has followed the link twice needs no new one. */
function usedUp() {
  const sentence = 'There is a superuser by now, so that this setup link is used up. Sign in instead.'
  return new HttpError(409, sentence, { errors: { secret: [sentence] } })
}
