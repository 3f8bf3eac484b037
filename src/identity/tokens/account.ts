import { Op, type Transaction } from 'sequelize'
import { act } from '../../audit/act.js'
import type { Actor } from '../../audit/actor.js'
import { Event } from '../../audit/event.js'
import { write } from '../../platform/database/write-queue.js'
import { duplicate, HttpError, unavailable } from '../../platform/failures.js'
import type { User } from '../users/user.js'
import { creation } from './facts.js'
import { keepOwner } from './owner.js'
import { openValue, sealValue } from './sealed-value.js'
import { endedNow, latestExpiry, stateOf } from './state.js'
import { Token } from './token.js'
import { newValue, storedFormOf } from './value.js'

/**
 * The value of the user's account token, for `/gettoken/`. If there is no account token, one is made.
 * @param maxAge the longest lifetime of a new token, in milliseconds
 * @throws {HttpError} 503 if the stored copy cannot be opened
 */
export async function accountValueOf(user: User, actor: Actor, maxAge: number | undefined): Promise<string> {
  const token = await accountOf(user.id)
  if (token) return openedValue(token, actor)
  try {
    return (await addAccount(user.id, actor, maxAge)).value
  } catch (error) {
    // Of two simultaneous first sign-ins, one made the token, and both get it.
    const other = error instanceof HttpError && error.status === 409 && (await accountOf(user.id))
    if (other) return openedValue(other, actor)
    throw error
  }
}

/**
 * @param maxAge as in `accountValueOf`
 * @throws {HttpError} 409 if the user has one
 */
export function addAccount(
  userId: number,
  actor: Actor,
  maxAge: number | undefined,
): Promise<{ token: Token; value: string }> {
  const value = newValue('lk')
  return act({ actor, what: ({ token }: { token: Token }) => creation(token) }, async (transaction) => {
    await keepOwner(userId, transaction)
    await endExpired(userId, transaction)
    const row = { kind: 'account', userId, expiresAt: latestExpiry(maxAge), ...storedFormOf(value) } as const
    const token = await Token.create(row, { transaction })
    await token.update(sealValue(value, token), { transaction })
    return { token, value }
  }).catch(duplicate('user', 'Token with this User already exists.'))
}

async function accountOf(userId: number): Promise<Token | undefined> {
  const token = await Token.findOne({ where: { kind: 'account', userId, revokedAt: null } })
  return token && stateOf(token) !== 'expired' ? token : undefined
}

async function endExpired(userId: number, transaction: Transaction) {
  const where = { kind: 'account', userId, revokedAt: null, expiresAt: { [Op.lte]: new Date() } } as const
  await Token.update(endedNow(), { where, transaction })
}

async function openedValue(token: Token, actor: Actor): Promise<string> {
  try {
    return openValue(token)
  } catch (error) {
    // This node lacks the key. Nobody has changed anything.
    if (error instanceof HttpError) throw error
    const event = { action: 'token.unreadable', object: `token:${token.id}`, outcome: 'refused' } as const
    await write((transaction) => Event.record(actor, event, transaction))
    throw unavailable(error)
  }
}
