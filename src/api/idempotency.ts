import {
  DatabaseError,
  DataTypes,
  ForeignKeyConstraintError,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  Op,
  type Transaction,
  UniqueConstraintError,
} from 'sequelize'
import { sequelize } from '../platform/database/connection.js'
import { PIECE, type Sweep } from '../platform/database/sweep.js'
import { write } from '../platform/database/write-queue.js'
import { HttpError, invalid } from '../platform/failures.js'
import { firstKeyId, isMark, markOf } from '../platform/keys.js'
import type { ResourceRequest } from './wire.js'

/** Milliseconds for which a response is kept for a retry, as docs/tokens.md says. */
const KEPT = 86_400_000

/** PostgreSQL's code for this case: the first request with this key did not end while the second waited for it. */
const LOCK_NOT_AVAILABLE = '55P03'

class IdempotencyKey extends Model<InferAttributes<IdempotencyKey>, InferCreationAttributes<IdempotencyKey>> {
  declare userId: number
  declare operationId: string
  declare key: string
  /** The fingerprint of the body, with the id of the server key that made it. */
  declare fingerprint: string
  declare keyId: string
  declare answer: string
  declare createdAt: Date
}

IdempotencyKey.init(
  {
    userId: { type: DataTypes.INTEGER, primaryKey: true },
    operationId: { type: DataTypes.TEXT, primaryKey: true },
    key: { type: DataTypes.TEXT, primaryKey: true },
    fingerprint: { type: DataTypes.TEXT, allowNull: false },
    keyId: { type: DataTypes.TEXT, allowNull: false },
    answer: { type: DataTypes.TEXT, allowNull: false },
    createdAt: { type: DataTypes.DATE, allowNull: false },
  },
  { sequelize, tableName: 'idempotency_keys' },
)

class Taken extends Error {}

/**
 * Runs a create. With an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), a repetition gets the first response and
 * makes nothing. The key is written in the same transaction as the row, so neither exists without the other. Use it only for
 * responses without a secret, because they are kept.
 * @param key the header, bare or as a quoted string
 * @param body all that the request asks for, including the parameters of the path
 * @param create makes the row and returns the data of the response
 * @param run opens the write, if more than the row belongs to it
 * @throws {HttpError} 400 for a key of another form, 401 if the user was deleted meanwhile, 409 while the first request is still
 * running, 422 for another body
 */
export async function once<View extends object>(
  { user, operation }: ResourceRequest,
  { key, body }: { key: string | undefined; body: object },
  create: (transaction: Transaction) => Promise<View>,
  run: (work: typeof create) => Promise<View> = write,
): Promise<View> {
  if (key === undefined) return run(create)
  const place = { userId: user.user.id, operationId: operation.operationId, key: bare(key) }
  const text = canonical(body)
  try {
    return await run(async (transaction) => {
      await IdempotencyKey.destroy({ where: { ...place, createdAt: { [Op.lte]: oldest() } }, transaction })
      const keyId = firstKeyId()
      const fingerprint = markOf('idempotency', keyId, text)
      const row = { ...place, fingerprint, keyId, answer: '', createdAt: new Date() }
      const kept = await IdempotencyKey.create(row, { transaction }).catch(taken)
      const view = await create(transaction)
      await kept.update({ answer: JSON.stringify(view) }, { transaction })
      return view
    })
  } catch (error) {
    if (error instanceof Taken) return replayed(place, body)
    throw error
  }
}

/** Removes keys that no retry needs any more. */
export const endedIdempotencyKeys: Sweep = {
  kind: 'idempotency_keys',
  due: () => IdempotencyKey.count({ where: { createdAt: { [Op.lte]: oldest() } } }),
  piece: (transaction) =>
    IdempotencyKey.destroy({ where: { createdAt: { [Op.lte]: oldest() } }, limit: PIECE, transaction }),
}

/** How many rows need this server key for a retry. */
export function countIdempotencyKeys(keyId: string): Promise<number> {
  return IdempotencyKey.count({ where: { keyId } })
}

async function replayed<View>(
  place: { userId: number; operationId: string; key: string },
  body: object,
): Promise<View> {
  const found = await IdempotencyKey.findOne({ where: place })
  // The row was deleted between the two statements, because of its age or with its user.
  if (!found) throw running()
  // 0.1.0 marked the text as it came. Its keys are gone a day after the upgrade.
  const isSame = [canonical(body), JSON.stringify(body)].some((text) =>
    isMark('idempotency', found.keyId, text, found.fingerprint),
  )
  if (!isSame) throw new HttpError(422, 'This Idempotency-Key was used for another request.')
  return JSON.parse(found.answer)
}

/** The value as one text, sorted as in RFC 8785. A client that retries may write its members in another order. */
function canonical(body: object): string {
  return JSON.stringify(body, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  )
}

function taken(error: unknown): never {
  if (error instanceof UniqueConstraintError) throw new Taken()
  if (error instanceof DatabaseError && 'code' in error.parent && error.parent.code === LOCK_NOT_AVAILABLE)
    throw running()
  // The row of the key refers to the user, who still existed when the token was checked.
  if (error instanceof ForeignKeyConstraintError) throw new HttpError(401, 'User inactive or deleted.')
  throw error
}

function running() {
  return new HttpError(409, 'The first request with this Idempotency-Key is still running.', { retryAfter: 1 })
}

function bare(key: string): string {
  const [, quoted] = /^"(.*)"$/.exec(key) ?? []
  const value = quoted ?? key
  if (/^[\x21-\x7e]{1,255}$/.test(value)) return value
  throw invalid({ 'Idempotency-Key': ['A key is 1 to 255 visible ASCII characters.'] })
}

function oldest() {
  return new Date(Date.now() - KEPT)
}
