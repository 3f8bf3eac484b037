import { Op, type Transaction } from 'sequelize'
import { config } from '../config.js'
import { write } from '../database.js'
import { firstKeyId, isMark, markOf } from '../keys/key.js'
import { chained, Event, EventEnd } from './event.js'

const BATCH = 1000

export interface Verification {
  checked: number
  /** The first row that is changed, missing or added; nothing when all is well. */
  broken?: { id: number; reason: string }
}

/** Walks the whole chain and says where it first breaks. */
export async function verifyEvents(): Promise<Verification> {
  const first = (await EventEnd.findByPk('first'))!
  const last = (await EventEnd.findByPk('last'))!
  if (first.eventId > 0 && !isMark('event', first.keyId!, beginning(first), first.signature!))
    return { checked: 0, broken: { id: first.eventId, reason: 'the checkpoint that pruning left was changed' } }

  let { eventId, mark } = first
  for (let checked = 0; ; ) {
    const rows = await Event.findAll({ where: { id: { [Op.gt]: eventId } }, order: ['id'], limit: BATCH })
    for (const row of rows) {
      if (row.id !== eventId + 1) return { checked, broken: { id: eventId + 1, reason: 'the row is missing' } }
      if (!isMark('event', row.keyId, chained(mark, row), row.mark))
        return { checked, broken: { id: row.id, reason: 'the row was changed' } }
      checked++
      eventId = row.id
      mark = row.mark
    }
    if (rows.length === BATCH) continue
    // Rows that were appended meanwhile are behind the end that was read before them.
    if (eventId < last.eventId) return { checked, broken: { id: eventId + 1, reason: 'the row is missing' } }
    return { checked }
  }
}

/** Deletes what is older than `LATCHKEY_EVENTS_MAX_AGE` behind a signed checkpoint. @returns how many rows went */
export async function pruneEvents(now = new Date()): Promise<number> {
  if (config.eventsMaxAge === undefined) return 0
  const before = new Date(now.getTime() - config.eventsMaxAge)
  const newest = await Event.findOne({ where: { at: { [Op.lt]: before } }, order: [['id', 'DESC']] })
  if (!newest) return 0
  return write(async (transaction) => {
    await setBeginning(newest, transaction)
    return Event.destroy({ where: { id: { [Op.lte]: newest.id } }, transaction })
  })
}

/** Marks every row anew under the first key, so that an older key is no longer needed. @throws when the chain is broken */
export async function remarkEvents(): Promise<number> {
  const { broken } = await verifyEvents()
  if (broken) throw new Error(`the events are broken at ${broken.id}: ${broken.reason}`)
  return write(async (transaction) => {
    const first = (await EventEnd.findByPk('first', { transaction }))!
    const last = (await EventEnd.findByPk('last', { transaction, lock: transaction.LOCK.UPDATE }))!
    const keyId = firstKeyId()
    let { mark } = first
    let count = 0
    for (let after = first.eventId; after < last.eventId; after += BATCH) {
      const rows = await Event.findAll({ where: { id: { [Op.gt]: after } }, order: ['id'], limit: BATCH, transaction })
      for (const row of rows) {
        mark = markOf('event', keyId, chained(mark, row))
        await row.update({ keyId, mark }, { transaction })
        count++
      }
    }
    await last.update({ mark }, { transaction })
    if (first.eventId > 0) await sign(first, transaction)
    return count
  })
}

async function setBeginning({ id, mark }: Event, transaction: Transaction) {
  const first = (await EventEnd.findByPk('first', { transaction }))!
  await sign(first.set({ eventId: id, mark }), transaction)
}

async function sign(first: EventEnd, transaction: Transaction) {
  const keyId = firstKeyId()
  await first.set({ keyId, signature: markOf('event', keyId, beginning(first)) }).save({ transaction })
}

function beginning({ eventId, mark }: EventEnd) {
  return `checkpoint ${eventId} ${mark}`
}
