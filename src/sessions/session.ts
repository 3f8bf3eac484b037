import { Op, type Transaction } from 'sequelize'
import { write } from '../database.js'
import { writeRights } from '../epoch.js'
import { HttpError } from '../errors.js'
import { type Actor, Event } from '../events/event.js'
import { SESSION_IDLE, Token } from '../tokens/token.js'
import { digestOf, hintOf, newValue } from '../tokens/value.js'
import type { User } from '../users/user.js'

/** Milliseconds after its beginning when a session ends, however busy it is (OWASP: 4 to 8 h). */
const LIFE = 8 * 3_600_000

/**
 * Begins a session of the admin site for a user who has just signed in; its value is always a new one.
 * @param before the value of a session that the same browser may still have: it ends
 * @throws {HttpError} 403 for a user who is not staff
 */
export async function beginSession(
  user: User,
  before: string | undefined,
  actor: Actor,
): Promise<{ session: Token; value: string }> {
  if (!user.isStaff) throw new HttpError(403, 'Only members of the staff may enter the admin site.')
  const value = newValue('lks')
  const work = async (transaction: Transaction) => {
    await user.requireSamePassword(transaction)
    if (before) await end({ digest: digestOf(before) }, actor, transaction)
    await Token.destroy({ where: { userId: user.id, ...ENDED() }, transaction })
    const row = { kind: 'session', userId: user.id, digest: digestOf(value), hint: hintOf(value) } as const
    const session = await Token.create({ ...row, expiresAt: new Date(Date.now() + LIFE) }, { transaction })
    await user.update({ lastLogin: new Date() }, { transaction })
    await Event.record(actor, { action: 'session.started', object: `user:${user.id}` }, transaction)
    return { session, value }
  }
  return before ? writeRights(work) : write(work)
}

/**
 * @param where `userId` for a session that somebody else ends
 * @throws {HttpError} 404
 */
export function endSession(where: { id: number; userId: number }, actor: Actor): Promise<void> {
  return writeRights(async (transaction) => {
    await actor.recheck?.(transaction)
    if ((await end(where, actor, transaction)) === 0) throw new HttpError(404, 'Not found.')
  })
}

/** The sessions of a user that have not ended, the newest first. */
export async function sessionsOf(userId: number): Promise<Token[]> {
  const sessions = await Token.findAll({
    where: { kind: 'session', userId, revokedAt: null },
    order: [['id', 'DESC']],
    limit: 1000,
  })
  return sessions.filter(({ state }) => state === 'active')
}

async function end(where: { id: number; userId: number } | { digest: string }, actor: Actor, transaction: Transaction) {
  const session = await Token.findOne({
    where: { ...where, kind: 'session', revokedAt: null },
    transaction,
    lock: transaction.LOCK.UPDATE,
  })
  if (!session) return 0
  await Token.endById(session.id, transaction)
  await Event.record(actor, { action: 'session.ended', object: `user:${session.userId}` }, transaction)
  return 1
}

/** Nobody looks for an ended session again: its beginning and its end are events. */
function ENDED() {
  // A use of the last seconds may not have been written yet.
  const idleSince = new Date(Date.now() - SESSION_IDLE - 60_000)
  return {
    kind: 'session' as const,
    [Op.or]: [
      { revokedAt: { [Op.ne]: null } },
      { expiresAt: { [Op.lte]: new Date() } },
      { lastUsedAt: { [Op.lte]: idleSince } },
      { lastUsedAt: null, createdAt: { [Op.lte]: idleSince } },
    ],
  }
}
