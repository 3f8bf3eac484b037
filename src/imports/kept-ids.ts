import type { Transaction } from 'sequelize'
import { Event, EventEnd } from '../audit/event.js'
import { Token } from '../identity/tokens/token.js'
import { User } from '../identity/users/user.js'
import { lastId, reserveIds } from '../platform/database/given-ids.js'
import { Origin } from './origins.js'
import type { Person } from './person.js'

/** Ids are 32-bit integers. The last million is kept free for users who come later. */
const HIGHEST = 2_147_483_647 - 1_000_000

/** The ids that users keep: all up to a given one. Nobody else gets one of these. */
export interface KeptIds {
  upTo: number
  /** Whether they must still be reserved. */
  isNew: boolean
}

/**
 * Which ids can be kept: all of them if there never was a user here. Later runs keep the ids that a first run has reserved.
 * @param people who come
 */
export async function keptIds(people: Person[], source: string): Promise<KeptIds> {
  const wanted = people.reduce((most, person) => Math.max(most, idOf(person)), 0)
  const kept = await Origin.findOne({ where: { source, kind: 'ids', origin: 'users' }, raw: true })
  const last = await lastId(User)
  if (kept) {
    const isNew = wanted > kept.targetId && last === kept.targetId
    return { upTo: isNew ? wanted : kept.targetId, isNew }
  }
  // If a run ended between the reservation and its note, the counter is already where this run would set it.
  const isEmpty =
    wanted > 0 &&
    (last === 0 || (last === wanted && !(await mayHaveDeleted()))) &&
    (await User.count()) === 0 &&
    (await Token.count()) === 0
  return { upTo: isEmpty ? wanted : 0, isNew: isEmpty }
}

/** @returns the id that this person keeps, or 0 */
export function keptId(person: Person, { upTo }: KeptIds): number {
  const id = idOf(person)
  return id <= upTo ? id : 0
}

/** For use inside a write. */
export async function reserve({ upTo, isNew }: KeptIds, source: string, transaction: Transaction): Promise<void> {
  if (!isNew) return
  await reserveIds(transaction, User, upTo)
  await Origin.upsert({ source, kind: 'ids', origin: 'users', targetId: upTo, brought: '' }, { transaction })
}

/**
 * Tokens of a deleted user are pruned in time, and so is the event of the deletion. If there were events, nobody can say whether
 * there was a user.
 */
async function mayHaveDeleted(): Promise<boolean> {
  const first = await EventEnd.findByPk('first')
  return (first?.eventId ?? 0) > 0 || (await Event.findOne({ where: { action: 'user.deleted' }, raw: true })) !== null
}

function idOf({ origin }: Person): number {
  const id = /^[1-9]\d{0,9}$/.test(origin) ? Number(origin) : 0
  return id <= HIGHEST ? id : 0
}
