import type { Transaction } from 'sequelize'
import type { Actor } from '../../audit/actor.js'
import { Event, EventEnd } from '../../audit/event.js'
import { countRefusal } from '../../audit/refusals.js'
import { writeRights } from '../../platform/database/epoch.js'
import { write } from '../../platform/database/write-queue.js'
import { admitUse } from '../sign-in/throttle.js'
import { importedDigestsOf } from './imported.js'
import { whereValue } from './state.js'
import { Token } from './token.js'
import { digestOf, isWellFormed } from './value.js'

/** How many well-formed values an address may report in a minute. */
const MOST_PER_MINUTE = 20

/**
 * Ends the token with this value. Known or unknown, it takes the same work (RFC 7009). Values that nobody issued are only
 * counted, so that a stranger's inventions change neither the trail nor the epoch.
 * @throws {HttpError} 429
 */
export async function reportToken(value: string, actor: Actor): Promise<void> {
  const digests = isWellFormed(value, 'lk') ? [digestOf(value)] : await importedDigestsOf(value)
  if (digests.length === 0) return
  await admitUse('report', actor.address, MOST_PER_MINUTE)
  const where = { ...whereValue(digests), revokedAt: null }
  const token = await Token.findOne({ where })
  const work = async (transaction: Transaction) => {
    const now = await Token.findOne({
      where: { ...where, id: token?.id ?? 0 },
      transaction,
      lock: transaction.LOCK.UPDATE,
    })
    await Token.endById(now?.id ?? 0, transaction)
    if (now) await Event.record(actor, { action: 'token.reported', object: `token:${now.id}` }, transaction)
    else await EventEnd.rewrite(transaction)
  }
  if (token) return writeRights(work, () => `token:${token.id}`)
  await write(work)
  countRefusal(actor, { action: 'token.reported', object: '', detail: 'unknown' })
}
