import { hash, randomBytes } from 'node:crypto'
import { DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Transaction } from 'sequelize'
import { sequelize } from '../platform/database/connection.js'
import { insertIn } from '../platform/database/prepared-writes.js'
import { firstKeyId, hasKey, isMark, markOf } from '../platform/keys.js'

/** A change of one row, field by field, with the values before and after. It can be erased, while the trail cannot. */
export class Change extends Model<InferAttributes<Change>, InferCreationAttributes<Change>> {
  /** PostgreSQL gives text, because its integers are larger than JavaScript's. */
  declare id: number | string
  declare at: Date
  declare actorId: number | null
  declare actor: string
  declare actorKind: string
  declare action: 'created' | 'changed' | 'deleted'
  /** The name of the resource, as in its table, tag and scopes. */
  declare resource: string
  /** The key of the row, as text. Empty for many rows at once. */
  declare object: string
  /** The owner of the row, if others may not see it. */
  declare ofUserId: number | null
  /** `FieldChange[]` as JSON, in exactly the text that is marked. */
  declare fields: string
  declare requestId: string | null
  /** Set if the digest is kept elsewhere. When the row is erased, nobody can guess its values from the digest. */
  declare salt: string | null
  declare keyId: string
  /** An HMAC over the digest of all other columns, except the id, which the database gives. */
  declare mark: string
}

Change.init(
  {
    id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
    at: { type: DataTypes.DATE, allowNull: false },
    actorId: DataTypes.INTEGER,
    actor: { type: DataTypes.TEXT, allowNull: false },
    actorKind: { type: DataTypes.TEXT, allowNull: false },
    action: { type: DataTypes.TEXT, allowNull: false },
    resource: { type: DataTypes.TEXT, allowNull: false },
    object: { type: DataTypes.TEXT, allowNull: false },
    ofUserId: DataTypes.INTEGER,
    fields: { type: DataTypes.TEXT, allowNull: false },
    requestId: DataTypes.TEXT,
    salt: DataTypes.TEXT,
    keyId: { type: DataTypes.TEXT, allowNull: false },
    mark: { type: DataTypes.TEXT, allowNull: false },
  },
  { sequelize, tableName: 'changes' },
)

/** If both are null, the field was set and is never shown. */
interface FieldChange {
  name: string
  old: unknown
  new: unknown
}

/** Who changed it. */
export interface By {
  id: number | null
  name: string
  /** What acted, as in events. */
  kind: string
  requestId: string | null
}

/** A row before and after, as the API shows it. Without `before` it was made, and without `after` it is gone. */
export interface Changed {
  before?: object
  after?: object
  /** Names of fields that were set and are never shown, such as a password or the value of a token. */
  unshown?: string[]
  /** The id of the row's owner, if others may not see it. */
  ofUser?: number
}

interface Place {
  resource: string
  object: string
}

/** Records a change in its transaction, with one statement and without a lock. If nothing differs, it records nothing. */
export async function recordChange(transaction: Transaction, by: By, place: Place, changed: Changed): Promise<void> {
  const made = madeOf(by, place, changed, null)
  if (made) await insertIn(transaction, Change, made.row)
}

/**
 * As `recordChange`, for a change that the trail vouches for.
 * @returns what the trail keeps of it, or nothing if nothing differs
 */
export async function recordVouched(
  transaction: Transaction,
  by: By,
  place: Place,
  changed: Changed,
): Promise<{ id: number; digest: string; names: string[] } | undefined> {
  const made = madeOf(by, place, changed, randomBytes(12).toString('base64url'))
  if (!made) return undefined
  const { row, digest, names } = made
  return { id: await insertIn(transaction, Change, row), digest, names }
}

/** The change for many rows at once. It has only their number, so that each row does not cost two. */
export function countOf(rows: number): Changed {
  return { after: { rows } }
}

/** SHA-256 in hex. */
export function digestOf(row: Omit<InferAttributes<Change>, 'id' | 'keyId' | 'mark'>): string {
  const { at, actorId, actor, actorKind, action, resource, object, ofUserId, fields, requestId, salt } = row
  const values = [
    at.toISOString(),
    actorId,
    actor,
    actorKind,
    action,
    resource,
    object,
    ofUserId,
    fields,
    requestId,
    salt,
  ]
  return hash('sha256', JSON.stringify(values), 'hex')
}

/** What is wrong with a row, if anything. */
export function doubtOf(row: InferAttributes<Change>): string | undefined {
  if (!hasKey(row.keyId)) return 'the row names a server key that this node lacks'
  return isMark('change', row.keyId, digestOf(row), row.mark) ? undefined : 'the row was changed or added'
}

/** The marked row of a change, with its digest and the names of its fields. Nothing if nothing differs. */
function madeOf({ id, name, kind, requestId }: By, { resource, object }: Place, changed: Changed, salt: string | null) {
  const fields = fieldsOf(changed)
  if (fields.length === 0) return undefined
  const keyId = firstKeyId()
  const { before, after, ofUser = null } = changed
  const row = {
    at: new Date(),
    actorId: id,
    actor: name,
    actorKind: kind,
    action:
      before === undefined ? ('created' as const) : after === undefined ? ('deleted' as const) : ('changed' as const),
    resource,
    object,
    ofUserId: ofUser,
    fields: JSON.stringify(fields),
    requestId,
    salt,
  }
  const digest = digestOf(row)
  const names = fields.map(({ name }) => name)
  return { row: { ...row, keyId, mark: markOf('change', keyId, digest) }, digest, names }
}

function fieldsOf({ before = {}, after = {}, unshown = [] }: Changed): FieldChange[] {
  const [was, is] = [before, after] as [Record<string, unknown>, Record<string, unknown>]
  const fields = [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .map((name) => ({ name, old: was[name] ?? null, new: is[name] ?? null }))
    .filter((field) => JSON.stringify(field.old) !== JSON.stringify(field.new))
  return [...fields, ...unshown.map((name) => ({ name, old: null, new: null }))]
}
