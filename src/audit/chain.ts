import { type FindOptions, Op, type Transaction } from 'sequelize'
import { atLength, type Lane } from '../platform/database/long-reads.js'
import { type Bind, prepared } from '../platform/database/prepared-reads.js'
import { PIECE, type Sweep } from '../platform/database/sweep.js'
import { write } from '../platform/database/write-queue.js'
import { firstKeyId, isMark, markOf } from '../platform/keys.js'
import { Event, EventEnd } from './event.js'
import { inTheWay } from './free-id.js'
import { type Problem, Walk } from './walk.js'

/** How many rows are hashed at a time. Nothing else runs meanwhile, for 3 ms (measured). */
const READ = 250

/** How many rows are marked again in one short transaction. */
const REMARK = 200

export interface Verification {
  /** Rows that are as they were written, one after the other. */
  checked: number
  /** The first row that is changed, missing or added; nothing when all is well. */
  broken?: Problem
  /** All of them, a hundred at most. */
  problems?: Problem[]
}

/**
 * Walks the whole chain and names every row that it does not vouch for. It cannot recognize a trail that was completely restored
 * to an older state, with its signed ends. Keep exports elsewhere for that.
 */
export async function verifyEvents(): Promise<Verification> {
  const first = await EventEnd.findByPk('first')
  const { checked, problems } = await walkAll(first)
  if (problems.length === 0) return { checked }
  // Pruning may have moved the beginning while the rows were being read.
  const now = await EventEnd.findByPk('first')
  return now?.eventId === first?.eventId ? { checked, broken: problems[0], problems } : verifyEvents()
}

/** Whether there is a row after the signed end, which this service did not write. This is a quick check, for `/readyz`. */
export async function hasForeignRows(): Promise<boolean> {
  if (inTheWay.size > 0) return true
  const [newest] = await prepared(Event, (bind) => ({ where: {}, order: [['id', 'DESC']], limit: bind(1) as number }))
  // The end is read later, so everything that was appended meanwhile is before it.
  const last = newest && (await EventEnd.findByPk('last'))
  return newest !== undefined && newest.id > (last?.eventId ?? 0)
}

/**
 * Deletes older events, after a signed checkpoint, while others append. A piece throws if the chain is broken, because no
 * checkpoint may cover rows that nobody has signed.
 * @param maxAge milliseconds
 */
export function oldEvents(maxAge: number, now?: Date): Sweep {
  const newest = async (transaction?: Transaction) => {
    const before = new Date((now?.getTime() ?? Date.now()) - maxAge)
    const [found] = await Event.findAll({
      attributes: ['id'],
      where: { at: { [Op.lt]: before } },
      order: [
        ['at', 'DESC'],
        ['id', 'DESC'],
      ],
      limit: 1,
      raw: true,
      transaction,
    })
    return found?.id ?? 0
  }
  return {
    kind: 'events',
    due: async () => Event.count({ where: { id: { [Op.lte]: await newest() } } }),
    piece: async (transaction) => pruneSome(await newest(transaction), transaction),
  }
}

/**
 * Marks every row again under the first key, a few at a time while others append, so that an older key is no longer needed.
 * @throws if the chain is broken, because nothing may be marked that nobody has signed
 */
export async function remarkEvents(): Promise<number> {
  const { broken } = await verifyEvents()
  if (broken) throw new Error(`the events are broken at ${broken.id}: ${broken.reason}`)
  let total = 0
  for (let count = REMARK; count === REMARK; total += count) count = await write(remarkSome)
  await write(async (transaction) => {
    for (const name of ['last', 'first'] as const) {
      const end = await locked(name, transaction)
      if (!end.isSigned) throw new Error(`the ${name} end of the events was changed`)
      if (end.eventId > 0) await end.sign(end, transaction)
    }
  })
  return total
}

async function walkAll(first: EventEnd | null): Promise<Walk> {
  const walk = new Walk(first ?? { eventId: 0, link: '' })
  if (!first) walk.note(1, 'the checkpoint that pruning left is gone')
  else if (!first.isSigned) walk.note(first.eventId, 'the checkpoint that pruning left was changed')
  let last: EventEnd | null = null
  for (let after: number | undefined, empty = 0; empty < 2; ) {
    const rows = await atLength('the verification of the trail', (lane) => rowsAfter(after, lane))
    // The end is read after the rows. Appended rows are before it, and rows after it were not written by this service.
    last = await EventEnd.findByPk('last')
    const end = last?.isSigned ? last.eventId : Number.POSITIVE_INFINITY
    for (const row of rows)
      if (row.id <= (first?.eventId ?? 0) || row.id > end) walk.foreign(row)
      else walk.take(row)
    after = rows.at(-1)?.id ?? after
    // It reads again if an append came between the two reads.
    empty = rows.length > 0 ? 0 : (after ?? 0) < (last?.eventId ?? 0) ? empty + 1 : 2
  }
  if (!last) walk.note(walk.id, 'the end of the trail is gone')
  else if (!last.isSigned) walk.note(last.eventId, 'the end of the trail was changed')
  walk.finish(last?.isSigned ? last : undefined)
  walk.problems.sort((a, b) => a.id - b.id)
  return walk
}

function rowsAfter(id: number | undefined, lane: Lane) {
  const find = (bind: Bind): FindOptions => ({
    where: id === undefined ? {} : { id: { [Op.gt]: bind(id) } },
    order: ['id'],
    limit: bind(READ) as number,
  })
  return prepared(Event, find, lane)
}

/** Rows that this service did not write are deleted with the others, because the chain continues after them. */
async function pruneSome(newest: number, transaction: Transaction): Promise<number> {
  await locked('last', transaction)
  const first = await locked('first', transaction)
  if (newest <= first.eventId) return 0
  const where = { id: { [Op.gt]: first.eventId, [Op.lte]: newest } }
  const rows = await Event.findAll({ where, order: ['id'], limit: PIECE, transaction })
  if (rows.length === 0) return 0
  const walk = new Walk(first)
  for (const row of rows) walk.take(row)
  if (walk.id === first.eventId || !first.isSigned) throw new Error(`the events are broken at ${rows[0]!.id}`)
  await first.sign({ eventId: walk.id, link: walk.link }, transaction)
  await Event.destroy({ where: { id: { [Op.lte]: walk.id } }, transaction })
  return rows.length
}

async function remarkSome(transaction: Transaction): Promise<number> {
  const keyId = firstKeyId()
  const where = { keyId: { [Op.notIn]: [keyId] } }
  const rows = await Event.findAll({ where, order: ['id'], limit: REMARK, transaction })
  for (const row of rows) {
    if (!isMark('event', row.keyId, row.link, row.mark)) throw new Error(`the events are broken at ${row.id}`)
    await row.update({ keyId, mark: markOf('event', keyId, row.link) }, { transaction })
  }
  return rows.length
}

/** `last` is always locked before `first`, as an append locks it. */
async function locked(name: 'first' | 'last', transaction: Transaction): Promise<EventEnd> {
  return (await EventEnd.findByPk(name, { transaction, lock: transaction.LOCK.UPDATE }))!
}
