import { Op } from 'sequelize'
import { countIdempotencyKeys } from '../../api/idempotency.js'
import type { Actor } from '../../audit/actor.js'
import { remarkEvents } from '../../audit/chain.js'
import { Event, EventEnd } from '../../audit/event.js'
import { write } from '../../platform/database/write-queue.js'
import { firstKeyId, Key } from '../../platform/keys.js'
import { User } from '../users/user.js'
import { openValue, sealValue } from './sealed-value.js'
import { Token } from './token.js'

/** Account tokens that are sealed anew in one transaction, so that no sign-in waits for long. */
const BATCH = 200

export interface KeyUses {
  key: string
  first: boolean
  password_hashes: number
  sealed_tokens: number
  events: number
  idempotency_keys: number
}

/** How many rows need each key that the database has ever needed. */
export async function keyStatus(): Promise<KeyUses[]> {
  const keys = await Key.findAll({ order: ['createdAt'] })
  return Promise.all(
    keys.map(async ({ id }) => ({
      key: id,
      first: id === firstKeyId(),
      password_hashes: await User.count({ where: { passwordKey: id } }),
      sealed_tokens: await Token.count({ where: { sealedKey: id } }),
      events: (await Event.count({ where: { keyId: id } })) + (await EventEnd.count({ where: { keyId: id } })),
      idempotency_keys: await countIdempotencyKeys(id),
    })),
  )
}

/**
 * Seals account tokens and marks events anew under the first key; a request that runs meanwhile finds one or the other.
 * Keys that nothing needs any more are forgotten, and may be taken from the setting.
 * @throws when a sealed value or the chain of events is broken
 */
export async function rotateKeys(actor: Actor): Promise<{ sealed: number; events: number; dropped: string[] }> {
  let sealed = 0
  for (let count = BATCH; count === BATCH; sealed += count) count = await sealBatch()
  const events = await remarkEvents()
  const unused = (await keyStatus()).filter(
    ({ first, password_hashes, sealed_tokens, events: marked, idempotency_keys }) =>
      !first && password_hashes + sealed_tokens + marked + idempotency_keys === 0,
  )
  const dropped = unused.map(({ key }) => key)
  await write(async (transaction) => {
    await Key.destroy({ where: { id: dropped }, transaction })
    await Event.record(
      actor,
      { action: 'keys.rotated', object: `key:${firstKeyId()}`, detail: `${sealed} tokens` },
      transaction,
    )
  })
  return { sealed, events, dropped }
}

function sealBatch(): Promise<number> {
  return write(async (transaction) => {
    const where = { sealedKey: { [Op.notIn]: [firstKeyId()] } }
    const tokens = await Token.findAll({
      where,
      limit: BATCH,
      order: ['id'],
      transaction,
      lock: transaction.LOCK.UPDATE,
    })
    for (const token of tokens) await token.update(sealValue(openValue(token), token), { transaction })
    return tokens.length
  })
}
