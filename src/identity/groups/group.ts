import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Transaction,
} from 'sequelize'
import type { Changed } from '../../api/change.js'
import { act } from '../../audit/act.js'
import type { Actor } from '../../audit/actor.js'
import type { Act } from '../../audit/event.js'
import { sequelize } from '../../platform/database/connection.js'
import { duplicate, HttpError, invalid } from '../../platform/failures.js'
import { nameComplaint, plainName } from '../../platform/names.js'
import { scopesOf, textOf } from '../scopes/grammar.js'
import { unknownScope } from '../scopes/own-scope.js'

/** The built-in group of all users. It needs no rows in `memberships`. */
export const EVERYONE = 'everyone'

/** A named set of scopes. */
export class Group extends Model<InferAttributes<Group>, InferCreationAttributes<Group>> {
  declare id: CreationOptional<number>
  declare name: string
  /** Separated by spaces. */
  declare scopes: string

  static add({ name, scopes }: { name: string; scopes: string[] }, actor: Actor): Promise<Group> {
    const values = { name: checkedName(name), scopes: textOf(scopes) }
    const lock = (transaction: Transaction) => unknownScope(scopes, transaction)
    const what = (group: Group) => eventOf('group.created', group, group.scopes, { after: factsOf(group) })
    return act({ actor, lock, what }, (transaction, complaint) => {
      if (complaint) throw invalid({ scopes: [complaint] })
      return Group.create(values, { transaction })
    }).catch(taken)
  }

  /**
   * @param changes absent fields stay as they are
   * @param check throws inside the transaction if the row may not be changed
   * @throws {HttpError} 404, 409, or 400 if `everyone` would get another name
   */
  static change(
    id: number,
    changes: { name?: string; scopes?: string[] },
    actor: Actor,
    check: (group: Group) => void,
  ): Promise<Group> {
    let before = { name: '', scopes: [] as string[] }
    let isChange = false
    const renamed = ({ name }: Group) =>
      name === before.name ? '' : `name ${JSON.stringify(before.name)} to ${JSON.stringify(name)} `
    const what = (group: Group) =>
      eventOf('group.changed', group, `${renamed(group)}${group.scopes}`.trim(), { before, after: factsOf(group) })
    const lock = (transaction: Transaction) => unknownScope(changes.scopes ?? [], transaction)
    return act({ actor, lock, rights: () => (isChange ? 'all' : undefined), what }, async (transaction, complaint) => {
      const group = await Group.locked(id, transaction)
      before = factsOf(group)
      check(group)
      // A name from before a rule stays until somebody changes it.
      if (changes.name !== undefined && changes.name !== group.name) {
        const name = checkedName(changes.name)
        if (group.name === EVERYONE && name !== EVERYONE)
          throw invalid({ name: ['The built-in group keeps its name.'] })
        group.name = name
      }
      if (complaint) throw invalid({ scopes: [complaint] })
      const scopes = changes.scopes === undefined ? group.scopes : textOf(changes.scopes)
      isChange = scopes !== group.scopes
      group.scopes = scopes
      return group.save({ transaction })
    }).catch(taken)
  }

  /** @throws {HttpError} 404, or 409 for `everyone` */
  static async remove(id: number, actor: Actor, check: (group: Group) => void): Promise<void> {
    const what = (group: Group) => eventOf('group.deleted', group, group.name, { before: factsOf(group) })
    await act({ actor, rights: ({ scopes }) => (scopes === '' ? undefined : 'all'), what }, async (transaction) => {
      const group = await Group.locked(id, transaction)
      check(group)
      if (group.name === EVERYONE) throw new HttpError(409, 'The built-in group cannot be deleted.')
      await group.destroy({ transaction })
      return group
    })
  }

  private static async locked(id: number, transaction: Transaction): Promise<Group> {
    const group = await Group.findByPk(id, { transaction, lock: transaction.LOCK.UPDATE })
    if (!group) throw new HttpError(404, 'Not found.')
    return group
  }
}

Group.init(
  {
    id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
    name: { type: DataTypes.TEXT, allowNull: false },
    scopes: { type: DataTypes.TEXT, allowNull: false },
  },
  { sequelize, tableName: 'groups' },
)

const taken = duplicate('name', 'group with this name already exists.')

function eventOf(action: `group.${'created' | 'changed' | 'deleted'}`, { id }: Group, detail: string, change: Changed) {
  return { action, object: `group:${id}`, detail, change } satisfies Act
}

/** What the history of a group keeps. */
function factsOf({ name, scopes }: Group) {
  return { name, scopes: scopesOf(scopes) }
}

function checkedName(text: string) {
  const name = plainName(text)
  if (name !== EVERYONE && name.normalize('NFKC').toLowerCase() === EVERYONE)
    throw invalid({ name: ['This name looks like that of the built-in group.'] })
  const complaint = nameComplaint(name, 150)
  if (complaint) throw invalid({ name: [complaint] })
  return name
}
