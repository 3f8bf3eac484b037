import { createHash, randomBytes } from 'node:crypto'
import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  Op,
} from 'sequelize'
import type { Actor } from '../../audit/actor.js'
import { Event } from '../../audit/event.js'
import { sequelize } from '../../platform/database/connection.js'
import { write } from '../../platform/database/write-queue.js'
import { invalid } from '../../platform/failures.js'
import { newPasswordHash } from '../users/password.js'
import { User } from '../users/user.js'
import { admitUse } from './throttle.js'

/** Minutes that the link of a start works. */
const LIFE = 30

/** Tries that an address has in a minute. */
const MOST_PER_MINUTE = 20

/** The one-time way in while there is no superuser; only the digest of its secret is kept. */
export class SetupLink extends Model<InferAttributes<SetupLink>, InferCreationAttributes<SetupLink>> {
  declare id: CreationOptional<number>
  declare digest: string
  declare expiresAt: Date

  /** Replaces the link of an earlier start. @returns the secret, or nothing when there is a superuser */
  static async issue(): Promise<string | undefined> {
    const secret = randomBytes(32).toString('base64url')
    return write(async (transaction) => {
      await SetupLink.destroy({ where: {}, transaction })
      if ((await User.count({ where: { isSuperuser: true }, transaction })) > 0) return undefined
      await SetupLink.create(
        { digest: digestOf(secret), expiresAt: new Date(Date.now() + LIFE * 60_000) },
        { transaction },
      )
      return secret
      // Also on a full disk, where a start with a superuser has nothing else to write.
    }, 'take rights')
  }

  /**
   * Makes the first superuser.
   * @throws {HttpError} 400 when the secret is wrong, used or old, or when there is a superuser by now
   */
  static async redeem(secret: string, username: string, password: string, actor: Actor): Promise<User> {
    await admitUse('setup', actor.address, MOST_PER_MINUTE)
    const where = { digest: digestOf(secret), expiresAt: { [Op.gt]: new Date() } }
    if (!(await SetupLink.findOne({ where }))) throw refused()
    const hash = await newPasswordHash({ text: password, rules: 'enforced' }, username, actor.address)
    return write(async (transaction) => {
      const link = await SetupLink.findOne({ where, transaction, lock: transaction.LOCK.UPDATE })
      if (!link || (await User.count({ where: { isSuperuser: true }, transaction })) > 0) throw refused()
      await link.destroy({ transaction })
      const user = await User.insert({ username, isStaff: true, isSuperuser: true }, hash, transaction)
      await Event.record(
        { ...actor, id: user.id, name: user.username },
        { action: 'superuser.created', object: `user:${user.id}` },
        transaction,
      )
      return user
    })
  }
}

SetupLink.init(
  {
    id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
    digest: { type: DataTypes.TEXT, allowNull: false },
    expiresAt: { type: DataTypes.DATE, allowNull: false },
  },
  { sequelize, tableName: 'setup_links' },
)

function digestOf(secret: string) {
  return createHash('sha256').update(secret).digest('hex')
}

function refused() {
  return invalid({
    secret: ['This setup link is wrong, used or too old. A new start of the service prints a new one.'],
  })
}
