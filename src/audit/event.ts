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
import { firstKeyId, isMark, markOf } from '../platform/keys.js'

/** Who did something, and from where. */
export interface Actor {
  /** A user's; nobody's for the operator's commands and for strangers. */
  id: number | null
  name: string
  address: string
  /** The id that the log and the problem document of the request repeat. */
  requestId: string | null
  /**
   * Run inside the transaction of every act that gives or takes rights, before it does: throws when the actor has lost,
   * since the request was let in, what it was let in with. Else a password that is changed at this moment would not end
   * the token that the old one is just making. Operators at the command have nothing to lose.
   */
  recheck?: (transaction: Transaction) => Promise<void>
}

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
  | 'password.set'
  | 'password.weak'
  | 'group.created'
  | 'group.changed'
  | 'group.deleted'
  | 'login.succeeded'
  | 'login.failed'
  | 'session.started'
  | 'session.ended'
  | 'token.created'
  | 'token.rotated'
  | 'token.revoked'
  | 'token.reported'
  | 'token.new_network'
  | 'token.unreadable'
  | 'request.refused'
  | 'keys.rotated'
  | 'settings.changed'

/** A line of the audit trail; it is appended and never changed. */
export class Event extends Model<InferAttributes<Event>, InferCreationAttributes<Event>> {
  /** Without gaps, in the order of the commits. */
  declare id: number
  declare at: Date
  declare actorId: number | null
  declare actor: string
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
    const last = await EventEnd.findOne({ where: { name: 'last' }, transaction, lock: transaction.LOCK.UPDATE })
    const keyId = firstKeyId()
    let { eventId, link } = last!
    const rows = records.map(([actor, { action, object, outcome = 'done', detail = '' }]) => {
      const { id: actorId, name, address, requestId } = actor
      const done = { action, object, outcome, address, requestId, detail }
      const row = { id: ++eventId, at: new Date(), actorId, actor: name, ...done }
      link = linkOf(link, row)
      return { ...row, link, keyId, mark: markOf('event', keyId, link) }
    })
    await Event.bulkCreate(rows, { transaction })
    await last!.sign({ eventId, link }, transaction)
  }
}

/** The two ends of the chain, signed: `first` is the last row that was pruned, `last` the newest row. */
export class EventEnd extends Model<InferAttributes<EventEnd>, InferCreationAttributes<EventEnd>> {
  declare name: 'first' | 'last'
  declare eventId: number
  declare link: string
  declare keyId: CreationOptional<string | null>
  declare signature: CreationOptional<string | null>

  /** As much work as appending a row, for what must cost the same when there is nothing to record. */
  static async rewrite(transaction: Transaction): Promise<void> {
    const last = await EventEnd.findOne({ where: { name: 'last' }, transaction, lock: transaction.LOCK.UPDATE })
    await last!.sign(last!, transaction)
  }

  async sign({ eventId, link }: { eventId: number; link: string }, transaction: Transaction): Promise<void> {
    const keyId = firstKeyId()
    const signature = markOf('event', keyId, `${this.name} ${eventId} ${link}`)
    await this.update({ eventId, link, keyId, signature }, { transaction })
  }

  /** An end of nothing needs no signature: before the first event there is none. */
  get isSigned(): NonAttribute<boolean> {
    const { name, eventId, link, keyId, signature } = this
    if (eventId === 0) return link === ''
    return keyId !== null && signature !== null && isMark('event', keyId, `${name} ${eventId} ${link}`, signature)
  }
}

Event.init(
  {
    id: { type: DataTypes.INTEGER, primaryKey: true },
    at: { type: DataTypes.DATE, allowNull: false },
    actorId: DataTypes.INTEGER,
    actor: { type: DataTypes.TEXT, allowNull: false },
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
  const { id, at, actorId, actor, action, object, outcome, address, requestId, detail } = row
  const values = [before, id, at.toISOString(), actorId, actor, action, object, outcome, address, requestId, detail]
  return createHash('sha256').update(JSON.stringify(values)).digest('hex')
}
