import { createHash, randomBytes } from 'node:crypto'
import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  Op,
  type Transaction,
} from 'sequelize'
import { sequelize } from '../../platform/database/connection.js'
import { deleteBefore, type Sweep } from '../../platform/database/sweep.js'
import { admitUse } from './throttle.js'

/** How many attempts an address has in a minute, for each kind of link. */
const MOST_PER_MINUTE = 20

/** A link that lets somebody in once without a password. Only the digest of its secret is stored. */
export class OneTimeLink extends Model<InferAttributes<OneTimeLink>, InferCreationAttributes<OneTimeLink>> {
  declare id: CreationOptional<number>
  declare purpose: 'setup' | 'password'
  /** The user whose password it sets. Null for `setup`. */
  declare userId: number | null
  declare digest: string
  declare expiresAt: Date

  /**
   * Makes a link, which replaces an earlier one for the same purpose and user. For use inside a write.
   * @param life milliseconds
   */
  static async issue(
    { purpose, userId }: { purpose: OneTimeLink['purpose']; userId: number | null },
    life: number,
    transaction: Transaction,
  ): Promise<{ secret: string; expiresAt: Date }> {
    const secret = randomBytes(32).toString('base64url')
    const expiresAt = new Date(Date.now() + life)
    await OneTimeLink.destroy({ where: { purpose, userId }, transaction })
    await OneTimeLink.create({ purpose, userId, digest: digestOf(secret), expiresAt }, { transaction })
    return { secret, expiresAt }
  }

  /**
   * The link with this secret that still works.
   * @throws {HttpError} 429
   */
  static async tried(purpose: OneTimeLink['purpose'], secret: string, address: string): Promise<OneTimeLink | null> {
    await admitUse(`${purpose} link`, address, MOST_PER_MINUTE)
    return OneTimeLink.findOne({ where: { purpose, digest: digestOf(secret), expiresAt: { [Op.gt]: new Date() } } })
  }

  /** Whether the link still works, for use inside a write. It locks the row, so that a simultaneous request waits. */
  async isStillThere(transaction: Transaction): Promise<boolean> {
    const where = { id: this.id, expiresAt: { [Op.gt]: new Date() } }
    return (await OneTimeLink.findOne({ where, transaction, lock: transaction.LOCK.UPDATE })) !== null
  }

  /** Ends the links of users, for use inside a write. */
  static async endOf(userIds: number[], transaction: Transaction): Promise<void> {
    await OneTimeLink.destroy({ where: { userId: userIds }, transaction })
  }
}

OneTimeLink.init(
  {
    id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
    purpose: { type: DataTypes.TEXT, allowNull: false },
    userId: { type: DataTypes.INTEGER },
    digest: { type: DataTypes.TEXT, allowNull: false },
    expiresAt: { type: DataTypes.DATE, allowNull: false },
  },
  { sequelize, tableName: 'one_time_links' },
)

/** Removes links that no longer work. */
export const endedLinks: Sweep = {
  kind: 'one_time_links',
  due: () => OneTimeLink.count({ where: { expiresAt: { [Op.lt]: new Date() } } }),
  piece: (transaction) => deleteBefore(OneTimeLink, 'expiresAt', new Date(), transaction),
}

function digestOf(secret: string) {
  return createHash('sha256').update(secret).digest('hex')
}
