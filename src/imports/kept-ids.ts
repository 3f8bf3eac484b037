import type { Transaction } from 'sequelize'
import { Event, EventEnd } from '../audit/event.js'
import { Token } from '../identity/tokens/token.js'
import { User } from '../identity/users/user.js'
import { lastId, reserveIds } from '../platform/database/given-ids.js'
import { Origin } from './origins.js'
import type { Person } from './person.js'

/** Ids are 32-bit integers; the last million of them is left, so that there are some for those who come later. */
const HIGHEST = 2_147_483_647 - 1_000_000

/** The ids that users keep: all up to one, which are given to nobody else. */
export interface KeptIds {
  upTo: number
  /** Whether they have still to be reserved. */
  isNew: boolean
}

/**
 * Which ids can be kept. All of them where there never was a user here. What a first run has reserved, later runs keep too.
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
  // A run that was ended between the reservation and its note has left the counter where this one would set it.
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

/** Tokens of a user who was deleted are pruned in time, and the event that tells of it too; where events were, nobody can say. */
async function mayHaveDeleted(): Promise<boolean> {
  const first = await EventEnd.findByPk('first')
  return (first?.eventId ?? 0) > 0 || (await Event.findOne({ where: { action: 'user.deleted' }, raw: true })) !== null
}

function idOf({ origin }: Person): number {
  const id = /^[1-9]\d{0,9}$/.test(origin) ? Number(origin) : 0
  return id <= HIGHEST ? id : 0
}
