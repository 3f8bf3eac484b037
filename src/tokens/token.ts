import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type NonAttribute,
  Op,
  type Transaction,
} from 'sequelize'
import { sequelize, write } from '../database.js'
import { duplicate, HttpError, unavailable } from '../errors.js'
import { textOf } from '../groups/scopes.js'
import { open, seal } from '../keys/key.js'
import { User } from '../users/user.js'
import { digestOf, hintOf, newValue } from './value.js'

/** A secret that stands for a user, never for more than that user may do. */
export class Token extends Model<InferAttributes<Token>, InferCreationAttributes<Token>> {
  declare id: CreationOptional<number>
  declare kind: 'account' | 'personal' | 'session'
  declare userId: number
  declare name: CreationOptional<string>
  /** Separated by spaces; none for an account token and a session, which may do what their user may. */
  declare scopes: CreationOptional<string | null>
  /** Networks (CIDR) that it works from, separated by spaces; none means any. */
  declare networks: CreationOptional<string | null>
  /** SHA-256 of the value; the value itself is not here. */
  declare digest: string
  declare hint: string
  /** An account token's value under a server key, because `/gettoken/` hands the same value out again. */
  declare sealed: CreationOptional<string | null>
  declare sealedKey: CreationOptional<string | null>
  declare createdAt: CreationOptional<Date>
  declare expiresAt: CreationOptional<Date | null>
  declare revokedAt: CreationOptional<Date | null>
  declare user?: NonAttribute<User>

  /**
   * The user's account token, made when there is none: what `/gettoken/` answers.
   * @throws {HttpError} 503 when the stored copy cannot be opened
   */
  static async accountValueOf(user: User): Promise<string> {
    const token = await Token.accountOf(user.id)
    if (token) return token.value()
    try {
      return (await Token.addAccount(user.id)).value
    } catch (error) {
      // Two first sign-ins at the same moment: one made the token, and both get it.
      const other = error instanceof HttpError && error.status === 409 && (await Token.accountOf(user.id))
      if (other) return other.value()
      throw error
    }
  }

  /** @throws {HttpError} 409 when the user has one */
  static addAccount(userId: number): Promise<{ token: Token; value: string }> {
    const value = newValue('lk')
    return write(async (transaction) => {
      await Token.endExpiredAccount(userId, transaction)
      const token = await Token.create({ kind: 'account', userId, ...storedFormOf(value) }, { transaction })
      const { sealed, keyId } = seal(value, token.place)
      await token.update({ sealed, sealedKey: keyId }, { transaction })
      return { token, value }
    }).catch(duplicate('user', 'Token with this User already exists.'))
  }

  static async addPersonal(
    userId: number,
    {
      name,
      scopes,
      networks,
      expiresAt,
    }: { name: string; scopes: string[]; networks: string[]; expiresAt: Date | null },
  ): Promise<{ token: Token; value: string }> {
    const value = newValue('lk')
    const token = await write((transaction) =>
      Token.create(
        {
          kind: 'personal',
          userId,
          name,
          scopes: textOf(scopes),
          networks: networks.join(' ') || null,
          expiresAt,
          ...storedFormOf(value),
        },
        { transaction },
      ),
    )
    return { token, value }
  }

  /** Tokens are never deleted while their user is there: the record stays, the value ends. */
  static revoke(id: number, ownerId: number | undefined): Promise<void> {
    return write(async (transaction) => {
      const owner = ownerId === undefined ? {} : { userId: ownerId }
      const where = { id, kind: { [Op.ne]: 'session' }, ...owner }
      const token = await Token.findOne({ where, transaction, lock: transaction.LOCK.UPDATE })
      if (!token) throw new HttpError(404, 'Not found.')
      if (!token.revokedAt)
        await token.update({ revokedAt: new Date(), sealed: null, sealedKey: null }, { transaction })
    })
  }

  get state(): NonAttribute<'active' | 'expired' | 'revoked'> {
    if (this.revokedAt) return 'revoked'
    return this.expiresAt && this.expiresAt.getTime() <= Date.now() ? 'expired' : 'active'
  }

  private static async accountOf(userId: number): Promise<Token | undefined> {
    const token = await Token.findOne({ where: { kind: 'account', userId, revokedAt: null } })
    return token?.state === 'active' ? token : undefined
  }

  private static async endExpiredAccount(userId: number, transaction: Transaction) {
    const where = { kind: 'account', userId, revokedAt: null, expiresAt: { [Op.lte]: new Date() } } as const
    await Token.update({ revokedAt: new Date(), sealed: null, sealedKey: null }, { where, transaction })
  }

  private value(): string {
    try {
      const value = open(this.sealed!, this.sealedKey!, this.place)
      if (digestOf(value) === this.digest) return value
      throw new Error(`the sealed value of token ${this.id} is not the one that its digest was made of`)
    } catch (error) {
      throw unavailable(error)
    }
  }

  /** What its sealed value is bound to, so that a copy in another row opens nothing. */
  private get place(): NonAttribute<string> {
    return `tokens ${this.id} ${this.userId}`
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
  },
  { sequelize, tableName: 'tokens' },
)

Token.belongsTo(User, { as: 'user', foreignKey: 'userId' })

function storedFormOf(value: string) {
  return { digest: digestOf(value), hint: hintOf(value) }
}
