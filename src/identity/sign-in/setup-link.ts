import type { Actor } from '../../audit/actor.js'
import { Event } from '../../audit/event.js'
import { write } from '../../platform/database/write-queue.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { userFacts } from '../users/facts.js'
import { newPasswordHash } from '../users/password.js'
import { User } from '../users/user.js'
import { OneTimeLink } from './one-time-link.js'

/** Milliseconds for which the link of a start works. */
const LIFE = 30 * 60_000

/**
 * Makes the link for the first superuser. It replaces the link of an earlier start.
 * @returns the secret, or nothing if there is a superuser
 */
export function issueSetupLink(): Promise<string | undefined> {
  return write(async (transaction) => {
    const { secret } = await OneTimeLink.issue({ purpose: 'setup', userId: null }, LIFE, transaction)
    if ((await User.count({ where: { isSuperuser: true }, transaction })) === 0) return secret
    await OneTimeLink.destroy({ where: { purpose: 'setup' }, transaction })
    return undefined
    // This also works on a full disk, because it may use the reserve. A start with a superuser writes nothing else.
  }, 'take rights')
}

/**
 * Makes the first superuser.
 * @throws {HttpError} 400 if the secret is wrong or old, 409 if there is a superuser by now, whatever the secret
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

/** Somebody who has followed the link twice does not need a new one. */
function usedUp() {
  const sentence = 'There is a superuser by now, so that this setup link is used up. Sign in instead.'
  return new HttpError(409, sentence, { errors: { secret: [sentence] } })
}
