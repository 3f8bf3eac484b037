import { createHash } from 'node:crypto'
import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type NonAttribute,
  type Transaction,
} from 'sequelize'
import type { Changed } from '../api/change.js'
import { sequelize } from '../platform/database/connection.js'
import { lockedByKey } from '../platform/database/prepared-reads.js'
import { appendIn, updateIn } from '../platform/database/prepared-writes.js'
import { firstKeyId, hasKey, isMark, markOf } from '../platform/keys.js'
import { log } from '../platform/log.js'
import { type Actor, type ActorKind, kindOf } from './actor.js'
import { freeId } from './free-id.js'
import { type Kept, kept, NOTHING } from './kept.js'

/** What was done. An act that changes a row of the API must have the row before and after, so that no history has a gap. */
export type Act = Said & ({ action: Changing; change: Changed } | { action: Exclude<EventAction, Changing> })

interface Said {
  /** Such as `token:7`. */
  object: string
  outcome?: 'done' | 'refused'
  detail?: string
  /** What it made of the row that `object` names; the trail keeps the names of the fields and a digest, `changes` the values. */
  change?: Changed
}

type Changing = Extract<
  EventAction,
  | `${'superuser' | 'user' | 'group' | 'scope' | 'token'}.${'created' | 'changed' | 'deleted' | 'rotated' | 'revoked'}`
  | 'password.set'
>

/**
 * What was done.
 * @example "token.created"
 */
export type EventAction =
  | 'superuser.created'
  | 'user.created'
  | 'user.changed'
  | 'user.deleted'
  | 'users.imported'
  | 'groups.imported'
  | 'rows.imported'
  | 'password.set'
  | 'password.weak'
  | 'password_link.created'
  | 'password_link.used'
  | 'group.created'
  | 'group.changed'
  | 'group.deleted'
  | 'scope.created'
  | 'scope.changed'
  | 'scope.deleted'
  | 'login.succeeded'
  | 'login.failed'
  | 'session.started'
  | 'session.ended'
  | 'token.created'
  | 'token.changed'
  | 'token.rotated'
  | 'token.revoked'
  | 'token.reported'
  | 'token.new_network'
  | 'token.unreadable'
  | 'request.refused'
  | 'keys.rotated'
  | 'settings.changed'
  | 'history.erased'
  | 'trail.resumed'

/** A line of the audit trail. It is appended and never changed. */
export class Event extends Model<InferAttributes<Event>, InferCreationAttributes<Event>> {
  /** In the order of the commits. The only gaps are where a row that this service did not write was in the way. */
  declare id: number
  declare at: Date
  declare actorId: number | null
  declare actor: string
  /** Null in the rows of 0.1.0, whose links do not cover it. */
  declare actorKind: ActorKind | null
  declare action: string
  declare object: string
  declare outcome: 'done' | 'refused'
  declare address: string
  declare requestId: string | null
  declare detail: string
  /** The row of `changes` that has the values, as long as nobody erases it. */
  declare changeId: number | string | null
  declare changeDigest: string | null
  /** Names of the fields that were changed, separated by spaces. */
  declare fields: string | null
  /** SHA-256 over the link of the previous row and this row. It needs no key, so marks can be made again one by one. */
  declare link: string
  declare keyId: string
  /** An HMAC over the link, which only a holder of the server key can make. */
  declare mark: string

  /** Appends to the chain within the act's own transaction. */
  static record(actor: Actor, act: Act, transaction: Transaction): Promise<void> {
    return Event.recordAll([[actor, act]], transaction)
  }

  /** As `record`, for many events at once, in their order. */
  static async recordAll(records: [Actor, Act][], transaction: Transaction): Promise<void> {
    if (records.length === 0) return
    // This is done before the lock, for which all others wait.
    const all: [Actor, Act, Kept][] = []
    for (const [actor, act] of records) all.push([actor, act, await kept(actor, act, transaction)])
    // The lock makes writers of several processes append one after the other, in the order of their commits.
    const end = await EventEnd.locked(transaction)
    const resumed = end.isSigned ? undefined : await resumption(end, transaction)
    if (resumed) all.unshift([records[0]![0], resumed.act, NOTHING])
    const keyId = firstKeyId()
    let { eventId, link } = resumed ?? end
    for (const [actor, { action, object, outcome = 'done', detail = '' }, change] of all) {
      const { id: actorId, name, address, requestId } = actor
      const done = { actorKind: kindOf(actor), action, object, outcome, address, requestId, detail, ...change }
      const rowAt = (id: number) => {
        const row = { id, at: new Date(), actorId, actor: name, ...done }
        const next = linkOf(link, row)
        return { ...row, link: next, keyId, mark: markOf('event', keyId, next) }
      }
      let row = rowAt(eventId + 1)
      while (!(await appendIn(transaction, Event, row))) row = rowAt(await freeId(eventId, transaction))
      eventId = row.id
      link = row.link
    }
    await end.sign({ eventId, link }, transaction)
  }
}

/** The two ends of the chain, signed: `first` is the last row that was pruned, `last` the newest row. */
export class EventEnd extends Model<InferAttributes<EventEnd>, InferCreationAttributes<EventEnd>> {
  declare name: 'first' | 'last'
  declare eventId: number
  declare link: string
  declare keyId: CreationOptional<string | null>
  declare signature: CreationOptional<string | null>

  /** If a stranger has deleted the row, it is made again, unsigned. */
  static async locked(transaction: Transaction): Promise<EventEnd> {
    const find = () => lockedByKey(transaction, EventEnd, 'last')
    const found = await find()
    if (found) return found
    const gone = [{ name: 'last', eventId: 0, link: 'gone' } as const]
    await EventEnd.bulkCreate(gone, { ignoreDuplicates: true, transaction })
    return (await find())!
  }

  /** Takes as much work as appending a row, for a request that must cost the same if there is nothing to record. */
  static async rewrite(transaction: Transaction): Promise<void> {
    const last = await EventEnd.locked(transaction)
    // Nothing is signed that a stranger has changed.
    if (last.isSigned) await last.sign(last, transaction)
  }

  async sign({ eventId, link }: { eventId: number; link: string }, transaction: Transaction): Promise<void> {
    const keyId = firstKeyId()
    const signature = markOf('event', keyId, `${this.name} ${eventId} ${link}`)
    await updateIn<EventEnd>(transaction, this, { eventId, link, keyId, signature })
  }

  /** Before the first event there is nothing to sign. */
  get isSigned(): NonAttribute<boolean> {
    const { name, eventId, link, keyId, signature } = this
    if (eventId === 0) return link === ''
    return isEndSigned(name, { eventId, link, keyId, signature })
  }
}

Event.init(
  {
    id: { type: DataTypes.INTEGER, primaryKey: true },
    at: { type: DataTypes.DATE, allowNull: false },
    actorId: DataTypes.INTEGER,
    actor: { type: DataTypes.TEXT, allowNull: false },
    actorKind: DataTypes.TEXT,
    action: { type: DataTypes.TEXT, allowNull: false },
    object: { type: DataTypes.TEXT, allowNull: false },
    outcome: { type: DataTypes.TEXT, allowNull: false },
    address: { type: DataTypes.TEXT, allowNull: false },
    requestId: DataTypes.TEXT,
    detail: { type: DataTypes.TEXT, allowNull: false },
    changeId: DataTypes.BIGINT,
    changeDigest: DataTypes.TEXT,
    fields: DataTypes.TEXT,
    link: { type: DataTypes.TEXT, allowNull: false },
    keyId: { type: DataTypes.TEXT, allowNull: false },
    mark: { type: DataTypes.TEXT, allowNull: false },
  },
  { sequelize, tableName: 'events' },
)

EventEnd.init(
  {
    name: { type: DataTypes.TEXT, primaryKey: true },
    eventId: { type: DataTypes.INTEGER, allowNull: false },
    link: { type: DataTypes.TEXT, allowNull: false },
    keyId: DataTypes.TEXT,
    signature: DataTypes.TEXT,
  },
  { sequelize, tableName: 'event_ends' },
)

/** What ties a row to the one before it. */
export function linkOf(before: string, row: Omit<InferAttributes<Event>, 'link' | 'keyId' | 'mark'>): string {
  const { id, at, actorId, actor, actorKind, action, object, outcome, address, requestId, detail } = row
  const first = [before, id, at.toISOString(), actorId, actor, action, object, outcome, address, requestId, detail]
  const values = actorKind === null ? first : [...first, actorKind]
  if (row.changeId !== null) values.push(Number(row.changeId), row.changeDigest, row.fields)
  return createHash('sha256').update(JSON.stringify(values)).digest('hex')
}

/** Whether we have signed that the trail ends here. @returns false also for a key that this node does not have */
export function isEndSigned(
  name: 'first' | 'last',
  { eventId, link, keyId, signature }: Pick<EventEnd, 'eventId' | 'link' | 'keyId' | 'signature'>,
): boolean {
  if (!keyId || !signature || !hasKey(keyId)) return false
  return isMark('event', keyId, `${name} ${eventId} ${link}`, signature)
}

/** How many rows are searched for the newest one of our own. */
const NEWEST = 1000

/**
 * Where the trail continues if this node cannot check its end, because somebody changed it or because it was signed under a key
 * that is missing here. The end that was found is kept in the trail, so that a verification can tell which it was.
 */
async function resumption({ eventId, link, keyId, signature }: EventEnd, transaction: Transaction) {
  log.error({ event: eventId }, 'the end of the trail cannot be checked; the trail goes on and keeps what was found')
  const act = {
    action: 'trail.resumed',
    object: `event:${eventId}`,
    detail: JSON.stringify([eventId, link, keyId, signature]),
  } as const
  const named = await Event.findByPk(eventId, { transaction, raw: true })
  if (named?.link === link) return { eventId, link, act }
  const newest = await Event.findAll({ order: [['id', 'DESC']], limit: NEWEST, transaction, raw: true })
  const own = newest.find(({ keyId, link, mark }) => hasKey(keyId) && isMark('event', keyId, link, mark))
  return { eventId: own?.id ?? 0, link: own?.link ?? '', act }
}
