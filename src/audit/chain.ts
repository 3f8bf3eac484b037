import { Op, type Transaction } from 'sequelize'
import { write } from '../platform/database/write-queue.js'
import { firstKeyId, isMark, markOf } from '../platform/keys.js'
import { Event, EventEnd, linkOf } from './event.js'

/** Rows that are read at a time, and rows that are marked anew in one short transaction. */
const READ = 1000
const REMARK = 200

export interface Verification {
  checked: number
  /** The first row that is changed, missing or added; nothing when all is well. */
  broken?: { id: number; reason: string }
}

/**
 * Walks the whole chain and says where it first breaks. What it cannot tell is a trail that was put back whole to an
 * older state, its signed ends with it: keep exports elsewhere for that.
 */
export async function verifyEvents(): Promise<Verification> {
  const [first, last] = await Promise.all([EventEnd.findByPk('first'), EventEnd.findByPk('last')])
  const found = await walk(first!, last!)
  // Pruning may have moved the beginning while the rows were being read.
  const moved = found.broken && (await EventEnd.findByPk('first'))!.eventId !== first!.eventId
  return moved ? verifyEvents() : found
}

/**
 * Deletes what is older behind a signed checkpoint.
 * @param maxAge milliseconds
 * @returns how many rows went
 */
export async function pruneEvents(maxAge: number, now = new Date()): Promise<number> {
  const before = new Date(now.getTime() - maxAge)
  return write(async (transaction) => {
    await locked('last', transaction)
    const first = await locked('first', transaction)
    const newest = await Event.findOne({ where: { at: { [Op.lt]: before } }, order: [['id', 'DESC']], transaction })
    if (!newest || newest.id <= first.eventId) return 0
    await first.sign({ eventId: newest.id, link: newest.link }, transaction)
    return Event.destroy({ where: { id: { [Op.lte]: newest.id } }, transaction })
  })
}

/**
 * Marks every row anew under the first key, a few at a time while others append, so that an older key is no longer needed.
 * @throws when the chain is broken: a mark is never made over what nobody has signed
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

async function walk(first: EventEnd, last: EventEnd): Promise<Verification> {
  if (!first.isSigned)
    return { checked: 0, broken: { id: first.eventId, reason: 'the checkpoint that pruning left was changed' } }
  if (!last.isSigned) return { checked: 0, broken: { id: last.eventId, reason: 'the end of the trail was changed' } }
  let { eventId, link } = first
  for (let checked = 0; ; ) {
    const where = { id: { [Op.gt]: eventId, [Op.lte]: last.eventId } }
    const rows = await Event.findAll({ where, order: ['id'], limit: READ })
    for (const row of rows) {
      if (row.id !== eventId + 1) return { checked, broken: { id: eventId + 1, reason: 'the row is missing' } }
      const isWhole = row.link === linkOf(link, row) && isMark('event', row.keyId, row.link, row.mark)
      if (!isWhole) return { checked, broken: { id: row.id, reason: 'the row was changed' } }
      checked++
      eventId = row.id
      link = row.link
    }
    if (rows.length === READ) continue
    if (eventId < last.eventId) return { checked, broken: { id: eventId + 1, reason: 'the row is missing' } }
    return link === last.link ? { checked } : { checked, broken: { id: eventId, reason: 'the row was changed' } }
  }
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
