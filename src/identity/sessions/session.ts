import { Op, type Transaction } from 'sequelize'
import { act } from '../../audit/act.js'
import type { Actor } from '../../audit/actor.js'
import type { Act } from '../../audit/event.js'
import { isSqlite } from '../../platform/database/connection.js'
import { HttpError } from '../../platform/failures.js'
import { keepOwner } from '../tokens/owner.js'
import { endedNow, stateOf } from '../tokens/state.js'
import { Token } from '../tokens/token.js'
import { digestOf, newValue, storedFormOf } from '../tokens/value.js'
import type { User } from '../users/user.js'

/** Milliseconds after which a session ends, however busy it is (OWASP: 4 to 8 h). */
const LIFE = 8 * 3_600_000

/** The name of the database, for the sites to show. */
export const DATABASE = isSqlite ? 'SQLite' : 'PostgreSQL'

/**
 * Begins a session of a user who has just signed in. It always gets a new value.
 * @param before the value of a session that the same browser may still have. That session ends
 */
export async function beginSession(
  user: User,
  before: string | undefined,
  actor: Actor,
): Promise<{ session: Token; value: string }> {
  const value = newValue('lks')
  const digest = before && digestOf(before)
  const replaced =
    digest === undefined ? null : await Token.findOne({ where: { digest, kind: 'session', revokedAt: null } })
  const what = ({ ended }: { ended: Act[] }): Act[] => [
    ...ended,
    { action: 'session.started', object: `user:${user.id}` },
  ]
  // A new session takes no right away. If it counted as a change of rights, every sign-in would make every process read all
  // rights again.
  return act({ actor, rights: replaced ? `token:${replaced.id}` : undefined, what }, async (transaction) => {
    // The user's row is locked first, as the recheck inside a write does. Otherwise the two would wait for each other.
    await user.update({ lastLogin: new Date() }, { transaction })
    await keepOwner(user.id, transaction)
    const ended = replaced ? await end({ id: replaced.id }, transaction) : []
    await forgetEnded(user.id, transaction)
    const row = { kind: 'session', userId: user.id, expiresAt: new Date(Date.now() + LIFE) } as const
    const session = await Token.create({ ...row, ...storedFormOf(value) }, { transaction })
    return { session, value, ended }
  })
}

/**
 * @param where `userId` for a session that another user ends
 * @throws {HttpError} 404
 */
export async function endSession(where: { id: number; userId: number }, actor: Actor): Promise<void> {
  await act({ actor, rights: `token:${where.id}`, what: (ended: Act[]) => ended }, async (transaction) => {
    const ended = await end(where, transaction)
    if (ended.length === 0) throw new HttpError(404, 'Not found.')
    return ended
  })
}

/** Ends the sessions of a user. @param but the id of the session that stays, if any */
export async function endOtherSessions(userId: number, but: number, actor: Actor): Promise<void> {
  const rights = (ended: number) => (ended > 0 ? (`user:${userId}` as const) : undefined)
  const what = (ended: number): Act[] =>
    ended > 0 ? [{ action: 'session.ended', object: `user:${userId}`, detail: `sessions ended ${ended}` }] : []
  await act({ actor, rights, what }, (transaction) => endSessionsOf([userId], transaction, but))
}

/** For use inside a write of rights. @param but the id of a session that stays @returns how many */
export async function endSessionsOf(userIds: number[], transaction: Transaction, but = 0): Promise<number> {
  const where = { kind: 'session', userId: userIds, revokedAt: null, id: { [Op.ne]: but } } as const
  const [count] = await Token.update(endedNow(), { where, transaction })
  return count
}

/** The sessions of a user that have not ended, newest first. */
export async function sessionsOf(userId: number): Promise<Token[]> {
  const sessions = await Token.findAll({
    where: { kind: 'session', userId, revokedAt: null },
    order: [['id', 'DESC']],
    limit: 1000,
  })
  return sessions.filter((session) => stateOf(session) === 'active')
}

/** A new value for a session that continues, for use inside a write of rights. */
export async function renewSession(id: number, transaction: Transaction): Promise<string> {
  const value = newValue('lks')
  await Token.update(storedFormOf(value), { where: { id, kind: 'session', revokedAt: null }, transaction })
  return value
}

/** Deletes ended sessions. Nobody needs them, because events record their beginning and end. */
async function forgetEnded(userId: number, transaction: Transaction) {
  const sessions = await Token.findAll({ where: { kind: 'session', userId }, transaction })
  const ended = sessions.filter((session) => stateOf(session) !== 'active').map(({ id }) => id)
  await Token.destroy({ where: { id: ended }, transaction })
}

/** @returns what the trail says of it */
async function end(where: { id: number; userId?: number }, transaction: Transaction): Promise<Act[]> {
  const session = await Token.findOne({
    where: { ...where, kind: 'session', revokedAt: null },
    transaction,
    lock: transaction.LOCK.UPDATE,
  })
  if (!session) return []
  await Token.endById(session.id, transaction)
  return [{ action: 'session.ended', object: `user:${session.userId}` }]
}
