import type { Transaction } from 'sequelize'
import { act } from '../../audit/act.js'
import type { Actor } from '../../audit/actor.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { OneTimeLink } from '../sign-in/one-time-link.js'
import { lockUsers } from '../users/lock-users.js'
import { User } from '../users/user.js'
import { setPassword } from './set-password.js'

/**
 * Milliseconds for which a link works: long enough to reach somebody by mail, and as short as OWASP's "Forgot Password" sheet
 * recommends.
 */
const LIFE = 24 * 3_600_000

/**
 * Makes a link with which a user sets their password, and which nobody else ever has to know. It replaces the link before it.
 * @param base what links start with
 * @throws {HttpError} 404, or 409 for a disabled user
 */
export async function createPasswordLink(
  userId: number,
  base: string,
  actor: Actor,
): Promise<{ link: string; expiresAt: Date }> {
  const lock = (transaction: Transaction) => lockUsers(userId, actor.id, transaction)
  const what = () => ({ action: 'password_link.created', object: `user:${userId}` }) as const
  const { secret, expiresAt } = await act({ actor, lock, what }, async (transaction) => {
    const user = await User.findByPk(userId, { transaction })
    if (!user) throw new HttpError(404, 'Not found.')
    if (!user.isActive) throw new HttpError(409, 'This user is disabled, and cannot sign in with any password.')
    return OneTimeLink.issue({ purpose: 'password', userId }, LIFE, transaction)
  })
  // The secret is in the fragment, so that no proxy's log and no Referer has it.
  return { link: `${base}/account/#password=${secret}`, expiresAt }
}

/**
 * Sets the password of the user whose link this is. It ends their tokens and sessions, as when somebody else sets the password,
 * because the holder of the link has proved nothing else.
 * @param from where the request comes from
 * @returns the username
 * @throws {HttpError} 400 for a link that is wrong, used, replaced or old, or whose user is disabled, 400 for a password against
 * the rules, after which the link still works, and 429
 */
export async function setPasswordByLink(
  secret: string,
  password: string,
  from: Pick<Actor, 'address' | 'requestId'>,
): Promise<string> {
  const link = await OneTimeLink.tried('password', secret, from.address)
  const user = link && (await User.findByPk(link.userId!))
  if (!user?.isActive) throw refused()
  const recheck = async (transaction: Transaction) => {
    const now = await User.findByPk(user.id, { transaction })
    if (!now?.isActive || !(await link!.isStillThere(transaction))) throw refused()
  }
  const actor = { ...from, kind: 'holder', id: user.id, name: user.username, recheck } as const
  const used = { action: 'password_link.used', object: `user:${user.id}` } as const
  await setPassword(user.id, { text: password, rules: 'enforced' }, { kinds: [] }, actor, [used])
  return user.username
}

function refused() {
  return invalid({ secret: ['This link is wrong, used or too old. The person who gave it to you can make a new one.'] })
}
