import { Op, type Transaction } from 'sequelize'
import { Change, digestOf, doubtOf } from '../api/change.js'
import { atLength } from '../platform/database/long-reads.js'
import { updateManyIn } from '../platform/database/many-rows.js'
import { type Bind, prepared } from '../platform/database/prepared-reads.js'
import { PIECE, type Sweep } from '../platform/database/sweep.js'
import { write } from '../platform/database/write-queue.js'
import { firstKeyId, markOf } from '../platform/keys.js'
import type { Actor } from './actor.js'
import { type Act, Event } from './event.js'
import type { Problem } from './walk.js'

/** How many rows are read at a time, as in the trail. */
const READ = 250

/** The most problems that are kept. */
const MOST = 100

/** Milliseconds for which a row stays longer than its event. Clocks of nodes differ, and an event must never outlive its row. */
const LONGER = 3_600_000

/** The resources that the trail vouches for. In the history of others, a deleted row leaves no visible gap. */
const VOUCHED = ['users', 'groups', 'tokens', 'scopes']

export interface HistoryVerification {
  /** Rows that are as they were written. */
  checked: number
  /** Changes of which the trail tells that their values were erased. */
  erased: number
  /** At most a hundred. The ids are those of changes. */
  problems: Problem[]
}

/** Compares every row with its mark, and with what the trail keeps of it. */
export async function verifyHistory(): Promise<HistoryVerification> {
  const found: HistoryVerification = { checked: 0, erased: 0, problems: [] }
  await inPages(changesAfter, async (rows) => {
    for (const row of rows) take(found, row.id, doubtOf(row))
  })
  const erasures = await lastErasures()
  await inPages(eventsAfter, async (events) => {
    const rows = await changesOf(events)
    for (const { id, object, changeId, changeDigest } of events) {
      const row = rows.get(Number(changeId))
      if (row && digestOf(row) === changeDigest) continue
      if (row) note(found, changeId!, `it is not what event ${id} tells of`)
      else if ((erasures.get(object) ?? 0) > id) found.erased++
      else note(found, changeId!, `it is missing, and event ${id} tells of it`)
    }
  })
  return found
}

/**
 * Deletes older changes, in the order of ids.
 * @param maxAge milliseconds
 */
export function oldHistory(maxAge: number, now?: Date): Sweep {
  const before = () => new Date((now?.getTime() ?? Date.now()) - maxAge - LONGER)
  return {
    kind: 'history',
    due: () => Change.count({ where: { at: { [Op.lt]: before() } } }),
    piece: async (transaction) => {
      const oldest = await Change.findAll({
        attributes: ['id', 'at'],
        order: ['id'],
        limit: PIECE,
        lock: transaction.LOCK.UPDATE,
        skipLocked: true,
        transaction,
        raw: true,
      })
      const due = oldest.filter(({ at }) => new Date(at) < before()).map(({ id }) => id)
      return Change.destroy({ where: { id: due }, transaction })
    },
  }
}

/**
 * Marks every row again under the first key, a few at a time.
 * @throws at a row that is not as it was written, because such a row must not be marked
 */
export async function remarkHistory(): Promise<number> {
  let total = 0
  let after: number | string = 0
  for (let count = PIECE; count === PIECE; total += count) [after, count] = await write(remarkFrom(after))
  return total
}

/**
 * Erases the values that an object has had, and for a user, on request, also those of their tokens and rows. The trail still says
 * that it was changed, when and by whom.
 * @returns how many changes
 */
export function eraseHistory(
  { resource, object }: { resource: string; object: string },
  whose: 'the object alone' | 'and what is theirs',
  actor: Actor,
): Promise<number> {
  return write(async (transaction) => {
    const own = await Change.destroy({ where: { resource, object }, transaction })
    const isAll = whose === 'and what is theirs'
    const vouched = isAll ? await vouchedOf(object, transaction) : []
    const theirs = isAll ? await Change.destroy({ where: { ofUserId: Number(object) }, transaction }) : 0
    // One event for each object in the trail, so that a verification finds why its values are gone.
    const acts = [{ resource, object }, ...vouched].map((each, index) => {
      const detail = index === 0 ? `changes ${own + theirs}` : ''
      return [actor, { action: 'history.erased', object: nameOf(each), detail }] as [Actor, Act]
    })
    await Event.recordAll(acts, transaction)
    return own + theirs
  })
}

/** @returns the last marked row, and how many were marked */
const remarkFrom =
  (after: number | string) =>
  async (transaction: Transaction): Promise<[number | string, number]> => {
    const keyId = firstKeyId()
    const where = { id: { [Op.gt]: after }, keyId: { [Op.ne]: keyId } }
    const rows = await Change.findAll({ where, order: ['id'], limit: PIECE, transaction })
    const marked = rows.map((row) => {
      const doubt = doubtOf(row)
      if (doubt) throw new Error(`the history is broken at change ${row.id}: ${doubt}`)
      return { id: row.id, keyId, mark: markOf('change', keyId, digestOf(row)) }
    })
    await updateManyIn(transaction, Change, marked)
    return [rows.at(-1)?.id ?? after, rows.length]
  }

/** The objects of a user that are in the trail. */
async function vouchedOf(user: string, transaction: Transaction): Promise<{ resource: string; object: string }[]> {
  const where = { ofUserId: Number(user), resource: VOUCHED }
  const group = ['resource', 'object']
  return Change.findAll({ attributes: group, where, group, order: group, raw: true, transaction })
}

/** An object as in an event: `token:7`. An object of another resource has no kind of its own. */
function nameOf({ resource, object }: { resource: string; object: string }): string {
  return `${VOUCHED.includes(resource) ? resource.slice(0, -1) : resource}:${object}`
}

async function inPages<Row extends { id: number | string }>(
  after: (id: number | string) => Promise<Row[]>,
  use: (rows: Row[]) => Promise<void>,
) {
  for (let rows = await after(0); rows.length > 0; rows = await after(rows.at(-1)!.id)) await use(rows)
}

function take(found: HistoryVerification, id: number | string, doubt: string | undefined) {
  if (doubt) note(found, id, doubt)
  else found.checked++
}

function note({ problems }: HistoryVerification, id: number | string, reason: string) {
  if (problems.length < MOST) problems.push({ id: Number(id), reason })
}

function changesAfter(id: number | string) {
  const find = (bind: Bind) => ({ where: { id: { [Op.gt]: bind(id) } }, order: ['id'], limit: bind(READ) as number })
  return atLength('the verification of the history', (lane) => prepared(Change, find, lane))
}

/** Events with a change. */
function eventsAfter(id: number | string) {
  const find = (bind: Bind) => ({
    where: { id: { [Op.gt]: bind(id) }, changeId: { [Op.ne]: null } },
    order: ['id'],
    limit: bind(READ) as number,
  })
  return atLength('the verification of the history', (lane) => prepared(Event, find, lane))
}

async function changesOf(events: Pick<Event, 'changeId'>[]): Promise<Map<number, Change>> {
  const rows = await Change.findAll({ where: { id: events.map(({ changeId }) => changeId!) } })
  return new Map(rows.map((row) => [Number(row.id), row]))
}

/** The last event about an erasure, for each object. */
async function lastErasures(): Promise<Map<string, number>> {
  const rows = await Event.findAll({ where: { action: 'history.erased' }, order: ['id'], raw: true })
  return new Map(rows.map(({ object, id }) => [object, id]))
}
