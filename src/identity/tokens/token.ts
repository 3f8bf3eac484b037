import {
  type CreationOptional,
  DataTypes,
  type Includeable,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type NonAttribute,
  Op,
  type Transaction,
} from 'sequelize'
import { act } from '../../audit/act.js'
import type { Actor } from '../../audit/actor.js'
import type { Act } from '../../audit/event.js'
import { sequelize } from '../../platform/database/connection.js'
import { lockedByKey } from '../../platform/database/prepared-reads.js'
import { updateIn } from '../../platform/database/prepared-writes.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { nameComplaint, plainName } from '../../platform/names.js'
import { textOf } from '../scopes/grammar.js'
import { unknownScope } from '../scopes/own-scope.js'
import { User } from '../users/user.js'
import type { Bounds } from './bounds.js'
import { changeOf, creation, tokenFacts } from './facts.js'
import { lockOwner, requireRoom } from './most-personal.js'
import { sealValue } from './sealed-value.js'
import { endedNow, latestExpiry, stateOf } from './state.js'
import { TokenScope } from './usage-rows.js'
import { newValue, storedFormOf } from './value.js'

/** The wanted properties of a personal token. */
export interface PersonalWish extends Bounds {
  name: string
  scopes: string[]
  /** Milliseconds that the settings let a new token live. */
  maxAge: number | undefined
  /** From when that life counts: now, for one that is made. */
  madeAt?: Date
}

/** A secret that stands for a user. It never allows more than that user may do. */
export class Token extends Model<InferAttributes<Token>, InferCreationAttributes<Token>> {
  declare id: CreationOptional<number>
  declare kind: 'account' | 'personal' | 'session'
  declare userId: number
  declare name: CreationOptional<string>
  /** Separated by spaces. Null for an account token and a session, which may do whatever their user may do. */
  declare scopes: CreationOptional<string | null>
  /** The networks (CIDR) that it works from, separated by spaces. Null means any. */
  declare networks: CreationOptional<string | null>
  /** The SHA-256 of the value. The value itself is not stored. */
  declare digest: string
  declare hint: string
  /** The value of an account token, sealed under a server key, because `/gettoken/` returns the same value again. */
  declare sealed: CreationOptional<string | null>
  declare sealedKey: CreationOptional<string | null>
  declare createdAt: CreationOptional<Date>
  declare expiresAt: CreationOptional<Date | null>
  declare revokedAt: CreationOptional<Date | null>
  declare lastUsedAt: CreationOptional<Date | null>
  declare lastUsedFrom: CreationOptional<string | null>
  declare lastUsedAgent: CreationOptional<string | null>
  /** PostgreSQL gives text, because its integers are larger than JavaScript's. */
  declare useCount: CreationOptional<number | string>
  /** The value from before the last rotation. It works until `oldExpiresAt`, and its uses are counted separately. */
  declare oldDigest: CreationOptional<string | null>
  declare oldExpiresAt: CreationOptional<Date | null>
  declare oldLastUsedAt: CreationOptional<Date | null>
  declare oldLastUsedFrom: CreationOptional<string | null>
  declare oldUseCount: CreationOptional<number | string>
  /** At most `limitRequests` in `limitSeconds`. Both are set, or neither. */
  declare limitRequests: CreationOptional<number | null>
  declare limitSeconds: CreationOptional<number | null>
  /** Null if the user was deleted. */
  declare user?: NonAttribute<User | null>
  declare usedScopes?: NonAttribute<TokenScope[]>

  /**
   * @param wish without an end, the token gets the longest lifetime that the settings allow
   * @throws {HttpError} 400 for unknown scopes, 409 for a user who has the maximum number
   */
  static async addPersonal(
    userId: number,
    { name, scopes, networks, expiresAt, rateLimit, maxAge }: PersonalWish,
    actor: Actor,
  ): Promise<{ token: Token; value: string }> {
    const value = newValue('lk')
    const row = {
      kind: 'personal',
      userId,
      name: checkedName(name),
      scopes: textOf(scopes),
      networks: networks.join(' ') || null,
      expiresAt: expiresAt ?? latestExpiry(maxAge),
      limitRequests: rateLimit?.requests ?? null,
      limitSeconds: rateLimit?.seconds ?? null,
      ...storedFormOf(value),
    } as const
    const lock = async (transaction: Transaction) => {
      const complaint = await unknownScope(scopes, transaction)
      await lockOwner(userId, actor.id, transaction)
      return complaint
    }
    const token = await act({ actor, lock, what: creation }, async (transaction, complaint) => {
      if (complaint) throw invalid({ scopes: [complaint] })
      await requireRoom(userId, transaction)
      return Token.create(row, { transaction })
    })
    return { token, value }
  }

  /**
   * Ends a token. Tokens are never deleted, not even with their user. The record stays, and the value ends.
   * @param ownerId the required owner, or nothing for any
   * @param check throws inside the transaction if the token may not be revoked
   * @throws {HttpError} 404
   */
  static async revoke(
    id: number,
    ownerId: number | undefined,
    actor: Actor,
    check?: (token: Token, transaction: Transaction) => Promise<void>,
  ): Promise<void> {
    let before: object = {}
    const what = (ended: Token | undefined): Act | undefined =>
      ended && { action: 'token.revoked', object: `token:${id}`, detail: ended.hint, change: changeOf(before, ended) }
    const rights = (ended: Token | undefined) => (ended ? (`token:${id}` as const) : undefined)
    await act({ actor, rights, what }, async (transaction) => {
      const token = await Token.lockedOf(id, ownerId, transaction)
      await check?.(token, transaction)
      before = tokenFacts(token)
      return token.revokedAt ? undefined : updateIn(transaction, token, endedNow())
    })
  }

  /**
   * Gives a token a new value. The old one keeps working for a while.
   * @param overlap seconds
   * @param ownerId the required owner, or nothing for any
   * @param check throws inside the transaction if the token may not be rotated
   * @throws {HttpError} 404, or 409 for a token that has ended
   */
  static rotate(
    id: number,
    { overlap, ownerId, maxAge }: { overlap: number; ownerId?: number; maxAge: number | undefined },
    actor: Actor,
    check: (token: Token) => void,
  ): Promise<{ token: Token; value: string }> {
    const value = newValue('lk')
    let before: object = {}
    const what = ({ token }: { token: Token }): Act => {
      const change = { ...changeOf(before, token), unshown: ['token'] }
      return { action: 'token.rotated', object: `token:${id}`, detail: `overlap ${overlap} s`, change }
    }
    return act({ actor, rights: `token:${id}`, what }, async (transaction) => {
      const token = await Token.lockedOf(id, ownerId, transaction)
      check(token)
      if (['revoked', 'expired'].includes(stateOf(token))) throw new HttpError(409, 'This token has ended.')
      before = tokenFacts(token)
      const until = new Date(Date.now() + overlap * 1000)
      await updateIn(transaction, token, {
        oldDigest: token.digest,
        oldExpiresAt: token.expiresAt && !(token.expiresAt >= until) ? token.expiresAt : until,
        oldLastUsedAt: null,
        oldLastUsedFrom: null,
        oldUseCount: 0,
        ...storedFormOf(value),
        ...(token.kind === 'account' && { expiresAt: latestExpiry(maxAge), ...sealValue(value, token) }),
      })
      return { token, value }
    })
  }

  /** For use inside a write of rights. */
  static async endById(id: number, transaction: Transaction): Promise<void> {
    await Token.update(endedNow(), { where: { id, revokedAt: null }, transaction })
  }

  /**
   * Ends the tokens and sessions of a user, for use inside a write of rights.
   * @param but what stays
   * @returns how many
   */
  static async endAllOf(
    userId: number,
    but: { kinds: Token['kind'][]; id?: number },
    transaction: Transaction,
  ): Promise<number> {
    const where = { userId, revokedAt: null, kind: { [Op.notIn]: but.kinds }, id: { [Op.ne]: but.id ?? 0 } }
    const [count] = await Token.update(endedNow(), { where, transaction })
    return count
  }

  /** For use inside a write. @throws {HttpError} 404, also for a session */
  static async lockedOf(id: number, ownerId: number | undefined, transaction: Transaction): Promise<Token> {
    const token = await lockedByKey(transaction, Token, id)
    const isOthers = ownerId !== undefined && token?.userId !== ownerId
    if (!token || token.kind === 'session' || isOthers) throw new HttpError(404, 'Not found.')
    return token
  }
}

Token.init(
  {
    id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
    kind: { type: DataTypes.TEXT, allowNull: false },
    userId: { type: DataTypes.INTEGER, allowNull: false },
    name: { type: DataTypes.TEXT, allowNull: false, defaultValue: '' },
    scopes: { type: DataTypes.TEXT, defaultValue: null },
    networks: { type: DataTypes.TEXT, defaultValue: null },
    digest: { type: DataTypes.TEXT, allowNull: false },
    hint: { type: DataTypes.TEXT, allowNull: false },
    sealed: { type: DataTypes.TEXT, defaultValue: null },
    sealedKey: { type: DataTypes.TEXT, defaultValue: null },
    createdAt: { type: DataTypes.DATE, allowNull: false, defaultValue: DataTypes.NOW },
    expiresAt: { type: DataTypes.DATE, defaultValue: null },
    revokedAt: { type: DataTypes.DATE, defaultValue: null },
    lastUsedAt: { type: DataTypes.DATE, defaultValue: null },
    lastUsedFrom: { type: DataTypes.TEXT, defaultValue: null },
    lastUsedAgent: { type: DataTypes.TEXT, defaultValue: null },
    useCount: { type: DataTypes.BIGINT, allowNull: false, defaultValue: 0 },
    oldDigest: { type: DataTypes.TEXT, defaultValue: null },
    oldExpiresAt: { type: DataTypes.DATE, defaultValue: null },
    oldLastUsedAt: { type: DataTypes.DATE, defaultValue: null },
    oldLastUsedFrom: { type: DataTypes.TEXT, defaultValue: null },
    oldUseCount: { type: DataTypes.BIGINT, allowNull: false, defaultValue: 0 },
    limitRequests: { type: DataTypes.INTEGER, defaultValue: null },
    limitSeconds: { type: DataTypes.INTEGER, defaultValue: null },
  },
  { sequelize, tableName: 'tokens' },
)

Token.belongsTo(User, { as: 'user', foreignKey: 'userId' })
Token.hasMany(TokenScope, { as: 'usedScopes', foreignKey: 'tokenId' })

/**
 * The associations that `tokenView` needs. Used scopes come from a second statement, so that each token is one row of the first.
 */
export const SHOWN: Includeable[] = ['user', { association: 'usedScopes', separate: true }]

/** The columns of a token, from an instance or from plain data. */
export type TokenRow = InferAttributes<Token>

/** @throws {HttpError} 400 */
export function checkedName(text: string): string {
  const name = plainName(text)
  const complaint = nameComplaint(name, 100)
  if (complaint) throw invalid({ name: [complaint] })
  return name
}
