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
import { sequelize } from '../platform/database/connection.js'
import { lockedByKey } from '../platform/database/prepared-reads.js'
import { appendIn, updateIn } from '../platform/database/prepared-writes.js'
import { runIn } from '../platform/database/statement.js'
import { firstKeyId, hasKey, isMark, markOf } from '../platform/keys.js'
import { log } from '../platform/log.js'
import type { Actor, ActorKind } from './actor.js'

/** What was done. */
export interface Act {
  action: Action
  /** Such as `token:7`. */
  object: string
  outcome?: 'done' | 'refused'
  detail?: string
}

export type Action =
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
  | 'trail.resumed'

/** A line of the audit trail; it is appended and never changed. */
export class Event extends Model<InferAttributes<Event>, InferCreationAttributes<Event>> {
  /** In the order of the commits; without gaps but where a row that nobody here wrote was in the way. */
  declare id: number
  declare at: Date
  declare actorId: number | null
  declare actor: string
  /** Null in the rows of 0.1.0, whose links are without it. */
  declare actorKind: ActorKind | null
  declare action: string
  declare object: string
  declare outcome: 'done' | 'refused'
  declare address: string
  declare requestId: string | null
  declare detail: string
  /** SHA-256 over the link of the row before and this row: it needs no key, so that marks can be made anew one by one. */
  declare link: string
  declare keyId: string
  /** An HMAC over the link, which only a holder of the server key can make. */
  declare mark: string

  /** Appends to the chain within the act's own transaction. */
  static record(actor: Actor, act: Act, transaction: Transaction): Promise<void> {
    return Event.recordAll([[actor, act]], transaction)
  }

  /** As `record`, for many at once, in their order. */
  static async recordAll(records: [Actor, Act][], transaction: Transaction): Promise<void> {
    if (records.length === 0) return
    // The lock makes writers of several processes append one after the other, in the order of their commits.
    const end = await EventEnd.locked(transaction)
    const resumed = end.isSigned ? undefined : await resumption(end, transaction)
    const all = resumed ? [[records[0]![0], resumed.act] as [Actor, Act], ...records] : records
    const keyId = firstKeyId()
    let { eventId, link } = resumed ?? end
    for (const [actor, { action, object, outcome = 'done', detail = '' }] of all) {
      const { id: actorId, name, address, requestId, kind: actorKind = actorId === null ? 'command' : 'user' } = actor
      const done = { actorKind, action, object, outcome, address, requestId, detail }
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

  /** One that a stranger has taken away is there again, unsigned. */
  static async locked(transaction: Transaction): Promise<EventEnd> {
    const find = () => lockedByKey(transaction, EventEnd, 'last')
    const found = await find()
    if (found) return found
    const gone = [{ name: 'last', eventId: 0, link: 'gone' } as const]
    await EventEnd.bulkCreate(gone, { ignoreDuplicates: true, transaction })
    return (await find())!
  }

  /** As much work as appending a row, for what must cost the same when there is nothing to record. */
  static async rewrite(transaction: Transaction): Promise<void> {
    const last = await EventEnd.locked(transaction)
    // Over what a stranger has changed there is never a signature.
    if (last.isSigned) await last.sign(last, transaction)
  }

  async sign({ eventId, link }: { eventId: number; link: string }, transaction: Transaction): Promise<void> {
    const keyId = firstKeyId()
    const signature = markOf('event', keyId, `${this.name} ${eventId} ${link}`)
    await updateIn<EventEnd>(transaction, this, { eventId, link, keyId, signature })
  }

  /** An end of nothing needs no signature: before the first event there is none. */
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
  return createHash('sha256').update(JSON.stringify(values)).digest('hex')
}

/** Whether we have signed that the trail ends here. @returns false, too, for a key that this node does not have */
export function isEndSigned(
  name: 'first' | 'last',
  { eventId, link, keyId, signature }: Pick<EventEnd, 'eventId' | 'link' | 'keyId' | 'signature'>,
): boolean {
  if (!keyId || !signature || !hasKey(keyId)) return false
  return isMark('event', keyId, `${name} ${eventId} ${link}`, signature)
}

/** Rows that nobody here wrote, which an append found in its way; for `/readyz`. */
export const inTheWay = new Set<number>()

/** Ids that are read at a time in the search of a free one, and how often before what comes after all of them is taken. */
const PAGE = 1000
const PAGES = 20

const IDS = `SELECT id FROM events WHERE id >= $1 ORDER BY id LIMIT ${PAGE}`

/** Ids are PostgreSQL's 32-bit integers; a stranger's row may be at the very end of them. */
const HIGHEST = 2_147_483_647 - 1_000_000

/** A row that a stranger has put where the next one belongs stops nothing: the next free id is taken. */
async function freeId(after: number, transaction: Transaction): Promise<number> {
  let next = after + 1
  for (let page = 0; ; page++) {
    const taken = (await runIn(transaction, IDS, [next])) as { id: number }[]
    for (const { id } of taken) {
      if (next < id) return next
      warnOf(id)
      next = id + 1
    }
    if (taken.length < PAGE) return next
    const highest = page === PAGES ? await Event.max<number, Event>('id', { transaction }) : HIGHEST
    if (highest < HIGHEST) next = highest + 1
  }
}

function warnOf(id: number) {
  if (inTheWay.size >= PAGE || inTheWay.has(id)) return
  inTheWay.add(id)
  log.error({ event: id }, 'the trail has a row that nobody here wrote; `latchkey events verify` names all of them')
}

/**
 * Where the trail goes on behind an end that this node cannot check: somebody changed it, or it was signed under a key that is
 * not here. What was found is kept in the trail itself, so that a verification can tell the one from the other.
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
  const newest = await Event.findAll({ order: [['id', 'DESC']], limit: PAGE, transaction, raw: true })
  const own = newest.find(({ keyId, link, mark }) => hasKey(keyId) && isMark('event', keyId, link, mark))
  return { eventId: own?.id ?? 0, link: own?.link ?? '', act }
}
