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
import { stillReferred } from '../../api/references.js'
import { act } from '../../audit/act.js'
import type { Actor } from '../../audit/actor.js'
import type { Act } from '../../audit/event.js'
import { sequelize } from '../../platform/database/connection.js'
import { type Bind, lockedByKey, preparedIn } from '../../platform/database/prepared-reads.js'
import { updateIn } from '../../platform/database/prepared-writes.js'
import { duplicate, HttpError, invalid } from '../../platform/failures.js'
import { plainName } from '../../platform/names.js'
import { EVERYONE, Group } from '../groups/group.js'
import { rightsOf, userFacts, weakness } from './facts.js'
import { newPasswordHash, type PasswordChoice, type PasswordHash } from './password.js'
import { checkedEmail, checkedName, DEFAULTS, folded, type Profile, summaryOf, TAKEN } from './profile.js'

export type { Profile } from './profile.js'

/** An account. */
export class User extends Model<InferAttributes<User>, InferCreationAttributes<User>> {
  declare id: CreationOptional<number>
  declare username: string
  /** The unique form of the username, ignoring case and compatibility forms. */
  declare usernameFolded: string
  declare email: string
  declare passwordHash: CreationOptional<string | null>
  declare passwordKey: CreationOptional<string | null>
  /** The hash of another system, sealed until the first sign-in replaces it by one of ours. A user has one or the other. */
  declare importedHash: CreationOptional<string | null>
  declare importedKey: CreationOptional<string | null>
  declare isActive: boolean
  declare isStaff: boolean
  declare isSuperuser: boolean
  declare dateJoined: CreationOptional<Date>
  declare lastLogin: CreationOptional<Date | null>
  declare groups?: NonAttribute<Group[]>

  /**
   * @param profile without a password nobody can sign in as this user
   * @throws {HttpError} 400 for a bad username, password or group, 409 for a taken username
   */
  static async add({ password, ...profile }: NewUser, actor: Actor): Promise<User> {
    checkedName(profile.username)
    const hash = password && (await newPasswordHash(password, profile.username, actor.address))
    const what = (user: User): Act[] => [
      {
        action: user.isSuperuser ? 'superuser.created' : 'user.created',
        object: `user:${user.id}`,
        detail: user.username,
        change: { after: userFacts(user), unshown: password ? ['password'] : [] },
      },
      ...weakness(user.id, password),
    ]
    return act({ actor, what }, (transaction) => User.insert(profile, hash, transaction))
  }

  /** For use inside a write. @throws as `add` */
  static async insert(
    profile: Partial<Profile> & { username: string },
    hash: PasswordHash | undefined,
    transaction: Transaction,
  ): Promise<User> {
    const { groups, ...values } = { ...DEFAULTS, ...profile, ...checkedName(profile.username) }
    const email = checkedEmail(values.email)
    const user = await User.create({ ...values, email, ...hash }, { transaction }).catch(taken)
    await user.join(groups, transaction)
    return user
  }

  /**
   * @param changes absent fields stay as they are
   * @param check throws inside the transaction if the row may not be changed
   * @param follow runs in the transaction of the change. Its result is recorded in the trail
   * @throws {HttpError} 404, 400, 409, also if the last active superuser would go
   */
  static change(
    id: number,
    changes: Partial<Profile>,
    actor: Actor,
    check: (user: User) => void,
    follow?: (change: { before: UserRow; user: User }, transaction: Transaction) => Promise<string[]>,
  ): Promise<User> {
    let [detail, isChange, change] = ['', false, {}]
    const what = () => ({ action: 'user.changed', object: `user:${id}`, detail, change }) as const
    const rights = () => (isChange ? (`user:${id}` as const) : undefined)
    return act({ actor, lock: lockedSuperusers, rights, what }, async (transaction, superusers) => {
      const user = await User.locked(id, transaction)
      check(user)
      const before = { ...user.get() }
      const was = rightsOf(user)
      const facts = userFacts(user)
      const { groups, ...values } = changes
      // A value from before a rule stays until somebody changes it.
      if (values.username !== undefined && values.username !== user.username)
        Object.assign(values, checkedName(values.username))
      if (values.email !== undefined && values.email !== user.email) values.email = checkedEmail(values.email)
      if (Object.keys(values).length > 0) await updateIn(transaction, user, values)
      if (groups) await user.join(groups, transaction)
      if (!user.isActive || !user.isSuperuser) requireAnother(superusers, id)
      const followed = (await follow?.({ before, user }, transaction)) ?? []
      isChange = followed.length > 0 || rightsOf(user) !== was
      change = { before: facts, after: userFacts(user) }
      detail = [...summaryOf(changes, before, user), ...followed].join(', ')
      return user
    }).catch(taken)
  }

  /**
   * The id is given to nobody else.
   * @param follow what goes with the user, in its transaction; what it returns stands in the trail
   */
  static async remove(
    id: number,
    actor: Actor,
    check: (user: User) => void,
    follow: (transaction: Transaction) => Promise<string[]>,
  ): Promise<void> {
    const what = ({ user, followed }: { user: User; followed: string[] }) => {
      const change = { before: userFacts(user) }
      const detail = [user.username, ...followed].join(', ')
      return { action: 'user.deleted', object: `user:${id}`, detail, change } as const
    }
    await act({ actor, lock: lockedSuperusers, rights: `user:${id}`, what }, async (transaction, superusers) => {
      const user = await User.locked(id, transaction)
      check(user)
      requireAnother(superusers, id)
      const followed = await follow(transaction)
      await user.destroy({ transaction }).catch(stillReferred)
      return { user, followed }
    })
  }

  /** For operators, who need not spell upper and lower case as it was written. */
  static named(username: string): Promise<User | null> {
    return User.findOne({ where: { usernameFolded: folded(username) } })
  }

  /** For use inside a write, after a sign-in. @throws {HttpError} 400 when the password is another one by now */
  async requireSamePassword(transaction: Transaction): Promise<void> {
    // The lock of an update: two sign-ins that shared the row would wait for each other when they write to it.
    const now = await User.findByPk(this.id, { transaction, lock: transaction.LOCK.NO_KEY_UPDATE })
    if (!now?.isActive || !now.hasPasswordOf(this))
      throw invalid({ non_field_errors: ['Unable to log in with provided credentials.'] })
  }

  /** Whether the password is still kept as it was; if not, another one may have been set. */
  hasPasswordOf(before: User): boolean {
    return this.passwordHash === before.passwordHash && this.importedHash === before.importedHash
  }

  private async join(names: string[], transaction: Transaction) {
    const wanted = names.map(plainName).filter((name) => name !== EVERYONE)
    const groups = await Group.findAll({
      where: { name: wanted },
      order: ['name'],
      transaction,
      lock: transaction.LOCK.SHARE,
    })
    if (groups.length < new Set(wanted).size) throw invalid({ groups: ['There is no such group.'] })
    await Membership.destroy({ where: { userId: this.id }, transaction })
    await Membership.bulkCreate(
      groups.map((group) => ({ userId: this.id, groupId: group.id })),
      { transaction },
    )
    this.groups = groups
  }

  private static async locked(id: number, transaction: Transaction): Promise<User> {
    const user = await lockedByKey(transaction, User, id)
    if (!user) throw new HttpError(404, 'Not found.')
    const memberships = await preparedIn(transaction, Membership, (bind) => ({
      where: { userId: { [Op.eq]: bind(id) } },
    }))
    const find = (bind: Bind) => ({
      where: { id: { [Op.in]: memberships.map(({ groupId }) => bind(groupId)) } },
      order: ['name'],
    })
    const groups = memberships.length > 0 ? await preparedIn(transaction, Group, find) : []
    user.groups = Group.bulkBuild(groups, { isNewRecord: false, raw: true })
    return user
  }
}

/** The columns of a user, of an instance or of a row that was read by itself. */
export type UserRow = InferAttributes<User>

/** Who is in which group; `everyone` needs no row. */
export class Membership extends Model<InferAttributes<Membership>, InferCreationAttributes<Membership>> {
  declare userId: number
  declare groupId: number
}

export type NewUser = Partial<Profile> & { username: string; password?: PasswordChoice }

User.init(
  {
    id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
    username: { type: DataTypes.TEXT, allowNull: false },
    usernameFolded: { type: DataTypes.TEXT, allowNull: false },
    email: { type: DataTypes.TEXT, allowNull: false },
    passwordHash: { type: DataTypes.TEXT, defaultValue: null },
    passwordKey: { type: DataTypes.TEXT, defaultValue: null },
    importedHash: { type: DataTypes.TEXT, defaultValue: null },
    importedKey: { type: DataTypes.TEXT, defaultValue: null },
    isActive: { type: DataTypes.BOOLEAN, allowNull: false },
    isStaff: { type: DataTypes.BOOLEAN, allowNull: false },
    isSuperuser: { type: DataTypes.BOOLEAN, allowNull: false },
    dateJoined: { type: DataTypes.DATE, allowNull: false, defaultValue: DataTypes.NOW },
    lastLogin: { type: DataTypes.DATE, defaultValue: null },
  },
  { sequelize, tableName: 'users' },
)

Membership.init(
  {
    userId: { type: DataTypes.INTEGER, primaryKey: true },
    groupId: { type: DataTypes.INTEGER, primaryKey: true },
  },
  { sequelize, tableName: 'memberships' },
)

User.belongsToMany(Group, { through: Membership, as: 'groups', foreignKey: 'userId', otherKey: 'groupId' })
Group.hasMany(Membership, { as: 'memberships', foreignKey: 'groupId' })

const taken = duplicate('username', TAKEN)

/** Locked first and in one order, so that two who demote each other at the same time wait instead of both succeeding. */
async function lockedSuperusers(transaction: Transaction): Promise<number[]> {
  const rows = await preparedIn(transaction, User, () => ({
    where: { isSuperuser: true, isActive: true },
    order: ['id'],
    lock: transaction.LOCK.UPDATE,
  }))
  return rows.map(({ id }) => id)
}

function requireAnother(superusers: number[], id: number) {
  if (superusers.length === 1 && superusers[0] === id)
    throw new HttpError(409, 'The last active superuser cannot be disabled, demoted or deleted.')
}
