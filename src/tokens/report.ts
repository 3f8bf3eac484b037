import { Op } from 'sequelize'
import { writeRights } from '../epoch.js'
import { type Actor, Event } from '../events/event.js'
import { admitUse } from '../users/throttle.js'
import { Token } from './token.js'
import { digestOf, isWellFormed } from './value.js'

/** Reports of well-formed values that an address may make in a minute. */
const MOST_PER_MINUTE = 20

/**
 * Ends the token that has this value. Known or not, it is the same work: a look, and an event.
 * @throws {HttpError} 429
 */
export async function reportToken(value: string, actor: Actor): Promise<void> {
  if (!isWellFormed(value, 'lk')) return
  await admitUse('report', actor.address, MOST_PER_MINUTE)
  const digest = digestOf(value)
  await writeRights(async (transaction) => {
    // The value before a rotation counts while it works: later it must not end the one that took its place.
    const where = {
      [Op.or]: [{ digest }, { oldDigest: digest, oldExpiresAt: { [Op.gt]: new Date() } }],
      revokedAt: null,
    }
    const token = await Token.findOne({ where, transaction, lock: transaction.LOCK.UPDATE })
    await Token.endById(token?.id ?? 0, transaction)
    const object = token ? `token:${token.id}` : ''
    await Event.record(
      actor,
      { action: 'token.reported', object, outcome: token ? 'done' : 'refused', detail: token ? '' : 'unknown' },
      transaction,
    )
  })
}
