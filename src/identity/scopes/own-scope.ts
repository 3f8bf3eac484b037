import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Transaction,
} from 'sequelize'
import { act } from '../../audit/act.js'
import type { Actor } from '../../audit/actor.js'
import { isSqlite, sequelize } from '../../platform/database/connection.js'
import { lockKey } from '../../platform/database/tables.js'
import { duplicate, HttpError, invalid } from '../../platform/failures.js'
import { hasUnseen, plainName } from '../../platform/names.js'
import { BUILT_IN, isReserved } from './built-in.js'
import { folded, isScope, resourceOf } from './grammar.js'

/** The most scopes that can be added. A superuser has all of them, and the cached rights of a user contain theirs. */
const MOST = 100

/**
 * The most characters in all names of one resource. A check lists them in one header, and many servers accept only 4 or 8 kB of
 * headers.
 */
const OF_RESOURCE = 2000

/** The most characters of a description. */
const LONGEST = 200

/** A scope that was added for a service behind this one. No operation of the document needs it. */
export class OwnScope extends Model<InferAttributes<OwnScope>, InferCreationAttributes<OwnScope>> {
  declare name: string
  /** The folded name, which no other scope may have. */
  declare folded: string
  declare description: string
  /** Set from the removal until the last token has lost the name. Meanwhile the scope opens nothing and cannot be added again. */
  declare removedAt: CreationOptional<Date | null>

  /** @throws {HttpError} 400 for a name that is invalid or reserved, 409 for one that is taken or still being removed */
  static add({ name, description }: { name: string; description: string }, actor: Actor): Promise<OwnScope> {
    const row = { name: checkedName(name), folded: folded(name), description: checkedDescription(description) }
    const change = { after: { name, description: row.description } }
    const what = () => ({ action: 'scope.created', object: `scope:${name}`, detail: row.description, change }) as const
    // Superusers have it from now on.
    return act({ actor, lock: oneAtATime, rights: 'all', what }, async (transaction) => {
      const all = await OwnScope.findAll({ transaction })
      const same = all.find((other) => other.folded === row.folded)
      if (same)
        throw taken(same.removedAt ? 'This name is still being taken from tokens. Please try again later.' : TAKEN)
      const current = all.filter(({ removedAt }) => !removedAt)
      if (current.length >= MOST) throw taken(`There are ${MOST} scopes already.`)
      if (lengthOfResource([name, ...current.map((other) => other.name)]) > OF_RESOURCE)
        throw taken(`The names of all scopes of a resource have ${OF_RESOURCE} characters at most.`)
      return OwnScope.create(row, { transaction })
    }).catch(duplicate('name', TAKEN))
  }

  /**
   * @param check throws inside the transaction if the row may not be changed
   * @throws {HttpError} 404
   */
  static change(name: string, description: string, actor: Actor, check: (scope: OwnScope) => void): Promise<OwnScope> {
    const text = checkedDescription(description)
    let before = ''
    const what = () => {
      const change = { before: { description: before }, after: { description: text } }
      return { action: 'scope.changed', object: `scope:${name}`, detail: text, change } as const
    }
    return act({ actor, lock: (transaction) => OwnScope.locked(name, transaction), what }, (transaction, scope) => {
      if (!scope || scope.removedAt) throw new HttpError(404, 'Not found.')
      check(scope)
      before = scope.description
      return scope.update({ description: text }, { transaction })
    })
  }

  /** Writes that give the scope to somebody wait for this lock, and then see the result. */
  static async locked(name: string, transaction: Transaction): Promise<OwnScope | null> {
    return isScope(name) ? OwnScope.findByPk(name, { transaction, lock: transaction.LOCK.UPDATE }) : null
  }

  /** Sorted by name. */
  static current(): Promise<OwnScope[]> {
    return OwnScope.findAll({ where: { removedAt: null }, order: ['name'] })
  }
}

OwnScope.init(
  {
    name: { type: DataTypes.TEXT, primaryKey: true },
    folded: { type: DataTypes.TEXT, allowNull: false },
    description: { type: DataTypes.TEXT, allowNull: false },
    removedAt: { type: DataTypes.DATE, defaultValue: null },
  },
  { sequelize, tableName: 'scopes' },
)

const TAKEN = 'scope with this name already exists.'

/**
 * Call it before any other lock of a write that gives scopes. Its result then holds until the end of the transaction.
 * @returns a sentence for the first scope that is neither built in nor added, or nothing
 */
export async function unknownScope(scopes: readonly string[], transaction?: Transaction): Promise<string | undefined> {
  const asked = scopes.filter((scope) => !BUILT_IN.has(scope))
  if (asked.length === 0) return undefined
  const found = await OwnScope.findAll({
    attributes: ['name'],
    where: { name: asked.filter(isScope), removedAt: null },
    order: ['name'],
    transaction,
    lock: transaction?.LOCK.SHARE,
    raw: true,
  })
  const known = new Set(found.map(({ name }) => name))
  if (asked.every((scope) => known.has(scope))) return undefined
  return `A scope must be one of ${[...BUILT_IN.keys()].join(', ')}, or one of those that were added.`
}

const LOCK = `SELECT pg_advisory_xact_lock(${lockKey('latchkey scopes')})`

/** Two that add at the same time would not see each other's scopes when they count. */
async function oneAtATime(transaction: Transaction): Promise<void> {
  if (!isSqlite) await sequelize.query(LOCK, { transaction })
}

/** @param names the first one gives the resource */
function lengthOfResource(names: string[]): number {
  const resource = resourceOf(names[0]!)
  return names.filter((name) => resourceOf(name) === resource).join(' ').length
}

function taken(sentence: string): HttpError {
  return new HttpError(409, sentence, { errors: { name: [sentence] } })
}

function checkedName(name: string): string {
  if (!isScope(name))
    throw invalid({
      name: [
        'A scope is written resource:action, each of a-z, 0-9, - and _, with a letter first and 63 characters at most.',
      ],
    })
  if (isReserved(name)) throw invalid({ name: ['The resource of this name belongs to this service itself.'] })
  return name
}

function checkedDescription(text: string): string {
  const description = plainName(text)
  if ([...description].length > LONGEST)
    throw invalid({ description: [`Ensure this field has no more than ${LONGEST} characters.`] })
  if (hasUnseen(description)) throw invalid({ description: ['Characters that cannot be seen are not allowed.'] })
  return description
}
