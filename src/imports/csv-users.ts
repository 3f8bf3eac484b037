import type { Transaction } from 'sequelize'
import { act } from '../audit/act.js'
import type { Actor } from '../audit/actor.js'
import { Group } from '../identity/groups/group.js'
import { Membership, User, type UserRow } from '../identity/users/user.js'
import { lastId, reserveIds, takeIds } from '../platform/database/given-ids.js'
import { insertManyIn } from '../platform/database/many-rows.js'
import { personOf, USER_COLUMNS } from './csv-person.js'
import { type Choices, type CsvReport, isRefused, readWhole } from './csv-report.js'
import { keptId } from './kept-ids.js'
import { inPieces, rowsWith } from './origins.js'
import type { Fresh } from './people.js'
import { LeftOuts } from './person.js'
import { patiently } from './pieces.js'
import { writePeople } from './write-people.js'

const SOURCE = 'csv'

/**
 * Imports the users of a file, without passwords, and the groups that they name and that do not exist here, without scopes. An
 * existing user is never changed: one who is the same is counted, and any other is a conflict.
 * @param bytes of a file, a pipe or a request
 */
export async function importUsers(
  bytes: AsyncIterable<Uint8Array>,
  actor: Actor,
  choices: Choices,
): Promise<CsvReport> {
  const [errors, conflicts, altered] = [new LeftOuts(), new LeftOuts(), new LeftOuts()]
  const people: Fresh[] = []
  const columns = await readWhole(bytes, USER_COLUMNS, errors, (row) => {
    const { person, errors: wrong, remarks } = personOf(row)
    const fields = Object.entries(wrong)
    for (const [column, sentences] of fields) errors.add(column, sentences.join(' '), person.label)
    for (const remark of remarks) altered.add('user', remark, person.label)
    if (fields.length === 0) people.push(person)
  })
  const { fresh, unchanged } = await planned(people, columns, conflicts, errors)
  const upTo = await lastKeptId(fresh)
  fresh.sort((one, other) => orderOf(one, upTo) - orderOf(other, upTo))
  const groups = await newGroups(fresh)

  // This is counted before anything is written, because written users are released from memory.
  const came = {
    users: fresh.length,
    ids_kept: fresh.filter((person) => keptId(person, { upTo, isNew: false }) > 0).length,
    groups: groups.length,
  }
  const refused = isRefused(conflicts, errors, choices)
  let isWhole = true
  if (!refused && !choices.dryRun) {
    if (groups.length > 0) await makeGroups(groups, actor)
    if (upTo > 0)
      await patiently(() => act({ actor, what: () => undefined }, (transaction) => reserveIds(transaction, User, upTo)))
    isWhole = await write(fresh, { actor, upTo, onPiece: choices.onPiece })
  }
  return {
    outcome: refused ? 'refused' : isWhole ? 'done' : 'stopped',
    dry_run: choices.dryRun,
    came,
    unchanged,
    conflicts: conflicts.list(),
    errors: errors.list(),
    altered: altered.list(),
  }
}

async function planned(people: Fresh[], columns: string[], conflicts: LeftOuts, errors: LeftOuts) {
  const fresh: Fresh[] = []
  let unchanged = 0
  const names = countsOf(people.map(({ usernameFolded }) => usernameFolded))
  const ids = countsOf(people.map(({ origin }) => origin))
  const groupNames = new Map((await Group.findAll({ raw: true })).map(({ id, name }) => [id, name]))
  await inPieces(people, async (piece) => {
    const here = await hereOf(piece, groupNames)
    for (const person of piece) {
      const found = here.get(person.usernameFolded)
      if (person.origin !== '' && ids.get(person.origin)! > 1)
        errors.add('id', 'another line has the same', person.label)
      if (names.get(person.usernameFolded)! > 1)
        conflicts.add('user', 'another line has the same name, but for case or form', person.label)
      else if (!found) fresh.push(person)
      else if (isSame(person, found, columns)) unchanged++
      else conflicts.add('user', 'somebody has this name here, with other values', person.label)
    }
  })
  return { fresh, unchanged }
}

interface Here {
  user: UserRow
  groups: string[]
}

async function hereOf(people: Fresh[], groupNames: Map<number, string>): Promise<Map<string, Here>> {
  const users = await rowsWith(
    User,
    'usernameFolded',
    people.map(({ usernameFolded }) => usernameFolded),
  )
  const memberships = await rowsWith(
    Membership,
    'userId',
    users.map(({ id }) => id),
  )
  const here = new Map(users.map((user) => [user.id, { user, groups: [] as string[] }]))
  for (const { userId, groupId } of memberships) here.get(userId)?.groups.push(groupNames.get(groupId) ?? '')
  return new Map([...here.values()].map((found) => [found.user.usernameFolded, found]))
}

/** Compares what the file says about a user. The id may differ, and a sign-in changes its last time. */
function isSame(person: Fresh, { user, groups }: Here, columns: string[]): boolean {
  const pairs: Record<string, [unknown, unknown]> = {
    username: [person.username, user.username],
    email: [person.email, user.email],
    is_active: [person.isActive, user.isActive],
    is_staff: [person.isStaff, user.isStaff],
    is_superuser: [person.isSuperuser, user.isSuperuser],
    groups: [person.groups.toSorted().join('\0'), groups.toSorted().join('\0')],
    date_joined: [person.dateJoined ?? user.dateJoined.getTime(), user.dateJoined.getTime()],
  }
  return columns.every((column) => !pairs[column] || pairs[column][0] === pairs[column][1])
}

/**
 * As in every import, ids are kept if there never was a user here.
 * @returns the last of them, or 0
 */
async function lastKeptId(people: Fresh[]): Promise<number> {
  const all = { upTo: Number.POSITIVE_INFINITY, isNew: false }
  return (await lastId(User)) > 0 ? 0 : people.reduce((most, person) => Math.max(most, keptId(person, all)), 0)
}

/** Users who keep their ids come first, in the order of the ids. */
function orderOf(person: Fresh, upTo: number): number {
  return keptId(person, { upTo, isNew: false }) || Number.MAX_SAFE_INTEGER
}

async function newGroups(people: Fresh[]): Promise<string[]> {
  const here = new Set((await Group.findAll({ attributes: ['name'], raw: true })).map(({ name }) => name))
  return [...new Set(people.flatMap(({ groups }) => groups))].filter((name) => !here.has(name))
}

async function makeGroups(names: string[], actor: Actor) {
  const what = () =>
    ({ action: 'groups.imported', object: `import:${SOURCE}`, detail: `${names.length} groups` }) as const
  const write = async (transaction: Transaction) => {
    const ids = await takeIds(transaction, Group, names.length)
    const groups = names.map((name, index) => ({ id: ids[index]!, name, scopes: '' }))
    await insertManyIn(transaction, Group, groups)
  }
  await patiently(() => act({ actor, what }, write))
}

function write(
  fresh: Fresh[],
  { actor, upTo, onPiece }: Pick<Choices, 'onPiece'> & { actor: Actor; upTo: number },
): Promise<boolean> {
  const [conflicts, leftOut, altered] = [new LeftOuts(), new LeftOuts(), new LeftOuts()]
  const nothing = { known: [], unchanged: 0, tokensUnchanged: 0, conflicts, leftOut, altered }
  let done = 0
  const told = (count: number) => {
    done += count
    return onPiece(done, fresh.length)
  }
  const ids = { upTo, isNew: false }
  return writePeople(
    { source: SOURCE, memory: 'none', fresh, ...nothing },
    { actor, ids, maxAge: undefined, onPiece: told },
  )
}

function countsOf(values: string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
