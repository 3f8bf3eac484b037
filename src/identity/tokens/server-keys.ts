import { Op, type Transaction } from 'sequelize'
import { Change } from '../../api/change.js'
import { countIdempotencyKeys } from '../../api/idempotency.js'
import type { Actor } from '../../audit/actor.js'
import { remarkEvents } from '../../audit/chain.js'
import { Event, EventEnd } from '../../audit/event.js'
import { remarkHistory } from '../../audit/history.js'
import { write } from '../../platform/database/write-queue.js'
import { firstKeyId, Key } from '../../platform/keys.js'
import { openImportedHash, sealImportedHash } from '../users/imported-hash.js'
import { User } from '../users/user.js'
import { openValue, sealValue } from './sealed-value.js'
import { Token } from './token.js'

/** How many rows are sealed again in one transaction, so that no sign-in waits for long. */
const BATCH = 200

export interface KeyUses {
  key: string
  first: boolean
  password_hashes: number
  sealed_tokens: number
  imported_passwords: number
  events: number
  changes: number
  idempotency_keys: number
}

/** What `keys rotate` has done: how many rows it changed, and the ids of keys that nothing needs any more. */
export interface Rotation {
  tokens: number
  passwords: number
  events: number
  changes: number
  dropped: string[]
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
      imported_passwords: await User.count({ where: { importedKey: id } }),
      events: (await Event.count({ where: { keyId: id } })) + (await EventEnd.count({ where: { keyId: id } })),
      changes: await Change.count({ where: { keyId: id } }),
      idempotency_keys: await countIdempotencyKeys(id),
    })),
  )
}

/**
 * Seals account tokens and imported passwords, and marks events and changes, again under the first key. A request that runs
 * meanwhile finds one or the other. Keys that nothing needs any more are forgotten, and can be removed from the setting.
 * @throws if a sealed value, the chain of events or a change is broken
 */
export async function rotateKeys(actor: Actor): Promise<Rotation> {
  const tokens = await inBatches(sealTokens)
  const passwords = await inBatches(sealPasswords)
  const events = await remarkEvents()
  const changes = await remarkHistory()
  const dropped = (await keyStatus()).filter(isUnused).map(({ key }) => key)
  const detail = `${tokens} tokens${passwords > 0 ? `, ${passwords} imported passwords` : ''}`
  await write(async (transaction) => {
    await Key.destroy({ where: { id: dropped }, transaction })
    await Event.record(actor, { action: 'keys.rotated', object: `key:${firstKeyId()}`, detail }, transaction)
  })
  return { tokens, passwords, events, changes, dropped }
}

function isUnused({ key: _, first, ...rows }: KeyUses): boolean {
  return !first && Object.values(rows).every((count) => count === 0)
}

/** @param seal seals a batch and returns its number of rows */
async function inBatches(seal: (transaction: Transaction) => Promise<number>): Promise<number> {
  let sealed = 0
  for (let count = BATCH; count === BATCH; sealed += count) count = await write(seal)
  return sealed
}

async function sealTokens(transaction: Transaction): Promise<number> {
  const where = { sealedKey: { [Op.notIn]: [firstKeyId()] } }
  const tokens = await Token.findAll({ where, ...batchIn(transaction) })
  for (const token of tokens) await token.update(sealValue(openValue(token), token), { transaction })
  return tokens.length
}

async function sealPasswords(transaction: Transaction): Promise<number> {
  const where = { importedKey: { [Op.notIn]: [firstKeyId()] } }
  const users = await User.findAll({ where, ...batchIn(transaction) })
  for (const user of users) await user.update(sealImportedHash(openImportedHash(user)!, user.id), { transaction })
  return users.length
}

function batchIn(transaction: Transaction) {
  return { limit: BATCH, order: ['id'], transaction, lock: transaction.LOCK.UPDATE }
}
