import type { Transaction } from 'sequelize'
import { byIndex } from '../../api/bulk.js'
import { once } from '../../api/idempotency.js'
import type { ResourceRequest } from '../../api/wire.js'
import { act } from '../../audit/act.js'
import type { Actor } from '../../audit/actor.js'
import { duplicate, type FieldErrors, HttpError, invalid } from '../../platform/failures.js'
import { plainName } from '../../platform/names.js'
import { EVERYONE, Group } from '../groups/group.js'
import { checkedEmail, checkedName, DEFAULTS, folded, type Profile, TAKEN } from './profile.js'
import { Membership, User } from './user.js'
import { profileOf, type UserRowInput, type UserView, userView } from './view.js'

/**
 * Adds users without passwords, all of them or none, with one event for all.
 * @param choices.validate checks all rules and stores none
 * @returns the users in the order of the bodies, or none if they were only checked
 * @throws {HttpError} 400, or 409 if the only errors are taken names. Both have the errors as `<index>.<field>`
 */
export function addUsers(
  request: ResourceRequest,
  bodies: UserRowInput[],
  { actor, validate, idempotencyKey }: { actor: Actor; validate?: boolean; idempotencyKey?: string },
): Promise<UserView[]> {
  const profiles = bodies.map((body) => ({ ...DEFAULTS, ...profileOf(body), username: body.username }))
  const insert = async (transaction: Transaction) => {
    await requireAll(profiles, transaction)
    return validate ? [] : (await insertAll(profiles, transaction)).map(userView)
  }
  const what = ({ length }: UserView[]) =>
    length > 0 ? ({ action: 'users.imported', object: 'import:api', detail: `${length} users` } as const) : undefined
  const run = (work: typeof insert) => act({ actor, what }, work)
  return validate ? run(insert) : once(request, { key: idempotencyKey, body: bodies }, insert, run)
}

async function requireAll(profiles: Profile[], transaction: Transaction): Promise<void> {
  const groups = await groupsNamed(profiles, transaction)
  const wrong = byIndex(profiles.map((profile) => ({ ...complaintsOf(profile), ...unknownGroup(profile, groups) })))
  if (Object.keys(wrong).length > 0) throw invalid(wrong)
  const taken = byIndex(await takenNames(profiles, transaction))
  if (Object.keys(taken).length > 0) throw new HttpError(409, 'Some of the rows already exist.', { errors: taken })
}

async function insertAll(profiles: Profile[], transaction: Transaction): Promise<User[]> {
  const groups = await groupsNamed(profiles, transaction)
  const values = profiles.map(({ groups: _, ...profile }) => ({
    ...profile,
    ...checkedName(profile.username),
    email: checkedEmail(profile.email),
  }))
  const users = await User.bulkCreate(values, { transaction, returning: true }).catch(duplicate('username', TAKEN))
  const joined = profiles.map((profile) => wanted(profile).map((name) => groups.get(name)!))
  await Membership.bulkCreate(
    joined.flatMap((own, index) => own.map(({ id }) => ({ userId: users[index]!.id, groupId: id }))),
    { transaction },
  )
  for (const [index, user] of users.entries()) user.groups = joined[index]!
  return users
}

/** Reads the groups in one order, and locks them against deletion until the end of the transaction. */
async function groupsNamed(profiles: Profile[], transaction: Transaction): Promise<Map<string, Group>> {
  const names = [...new Set(profiles.flatMap(wanted))]
  if (names.length === 0) return new Map()
  const lock = transaction.LOCK.SHARE
  const found = await Group.findAll({ where: { name: names }, order: ['name'], transaction, lock })
  return new Map(found.map((group) => [group.name, group]))
}

/** Everybody is in `everyone` already. */
function wanted({ groups }: Profile): string[] {
  return [...new Set(groups.map(plainName))].filter((name) => name !== EVERYONE)
}

function complaintsOf({ username, email }: Profile): FieldErrors {
  return { ...complaintOf(() => checkedName(username)), ...complaintOf(() => checkedEmail(email)) }
}

function complaintOf(check: () => unknown): FieldErrors {
  try {
    check()
    return {}
  } catch (error) {
    if (error instanceof HttpError && error.extras.errors) return error.extras.errors
    throw error
  }
}

function unknownGroup(profile: Profile, groups: Map<string, Group>): FieldErrors {
  return wanted(profile).every((name) => groups.has(name)) ? {} : { groups: ['There is no such group.'] }
}

/** Names that are taken by existing users, or by an earlier one of these. */
async function takenNames(profiles: Profile[], transaction: Transaction): Promise<FieldErrors[]> {
  const names = profiles.map(({ username }) => folded(username))
  const where = { usernameFolded: names }
  const found = await User.findAll({ attributes: ['usernameFolded'], where, raw: true, transaction })
  const seen = new Set(found.map(({ usernameFolded }) => usernameFolded))
  return names.map((name): FieldErrors => {
    const isTaken = seen.has(name)
    seen.add(name)
    return isTaken ? { username: [TAKEN] } : {}
  })
}
