import { hash } from 'node:crypto'
import type { DjangoUser, Project, Reference } from './django.js'
import type { ForeignGroup } from './groups.js'
import { type ForeignToken, type LeftOuts, type Person, shown } from './person.js'

/** The groups of a project, by what tells them apart. */
export function groupsOf({ groups }: Project): ForeignGroup[] {
  return groups.map(({ key, name }) => ({ origin: originOf(key, name), name }))
}

/**
 * The users of a project, with their tokens, which it then has no more.
 * @param groupNames what each group is called here, by its origin
 * @param leftOut is told of what has no user, or has ended
 */
export function peopleOf(project: Project, groupNames: Map<string, string>, leftOut: LeftOuts): Person[] {
  const groups = new Map<Reference, string>()
  for (const { key, name } of project.groups) {
    const here = groupNames.get(originOf(key, name))
    if (here === undefined) continue
    groups.set(`name ${name}`, here)
    if (key !== undefined) groups.set(`key ${key}`, here)
  }
  const tokens = tokensOf(project, leftOut)
  // Written out, because a copy by spreading takes three times the room (measured), and there may be a hundred thousand.
  const people = project.users.map((user, index): Person => {
    const { key, username, email, password, isActive, isStaff, isSuperuser, dateJoined, lastLogin } = user
    return {
      origin: originOf(key, username),
      label: labelOf(user, index),
      username,
      email,
      isActive,
      isStaff,
      isSuperuser,
      dateJoined,
      lastLogin,
      groups: user.groups.length === 0 ? NONE : user.groups.flatMap((group) => groups.get(group) ?? []),
      password,
      tokens: tokens.of(key, username),
    }
  })
  tokens.rest(leftOut)
  // Both at once would be too much of a large project.
  project.users = []
  project.tokens = []
  project.knox = []
  for (const { name } of project.apiKeys) leftOut.add('API key', 'it belongs to no user', shown(name))
  return people
}

const NONE: never[] = []

/** A report must not show an email address, and a name may be one. */
export function labelOf({ key, username }: DjangoUser, index: number): string {
  const name = shown(username) === username ? ` ${JSON.stringify(username)}` : ''
  return `${key === undefined || shown(key) !== key ? `number ${index + 1}` : key}${name}`
}

function tokensOf(project: Project, leftOut: LeftOuts) {
  const byUser = new Map<Reference, ForeignToken[]>()
  const add = (user: Reference, token: ForeignToken) => {
    const known = byUser.get(user)
    if (known) known.push(token)
    else byUser.set(user, [token])
  }
  const now = new Date()
  // A project may have lifted the rule that a user has one. The values of the others are good as well.
  for (const { user, key, createdAt } of project.tokens)
    if (byUser.has(user) && /^[0-9a-f]{40}$/.test(key))
      add(user, { kind: 'personal', sha512: hash('sha512', key), start: key, createdAt })
    else add(user, { kind: 'account', value: key, createdAt })
  for (const { user, digest, start, isSalted, createdAt, expiresAt } of project.knox) {
    const whose = `of user ${shown(user.slice(user.indexOf(' ') + 1))}`
    if (isSalted) leftOut.add('token', 'knox before 4.2 has salted it', whose)
    else if (expiresAt && expiresAt <= now) leftOut.add('token', 'it has expired', whose)
    else add(user, { kind: 'personal', sha512: digest, start, createdAt, expiresAt })
  }
  return {
    of(key: string | undefined, name: string): ForeignToken[] {
      const found = [`key ${key}`, `name ${name}`].flatMap((user) => {
        const tokens = byUser.get(user as Reference)
        byUser.delete(user as Reference)
        return tokens ?? NONE
      })
      return found.length === 0 ? NONE : found
    },
    rest(left: LeftOuts) {
      for (const tokens of byUser.values())
        for (const _ of tokens) left.add('token', 'its user is not in the source', 'unknown')
    },
  }
}

/** SQLite has them without hyphens. */
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/** Characters of a key that are kept as they are. */
const LONGEST = 200

/** In a dump without primary keys the name is what a row is known by; none that may be an email address is kept as it is. */
function originOf(key: string | undefined, name: string): string {
  const isKept =
    key !== undefined && key.length <= LONGEST && shown(key) === key && key.isWellFormed() && !key.includes('\0')
  if (isKept) return UUID.test(key) ? key.replaceAll('-', '') : key
  return `name ${hash('sha256', key ?? name).slice(0, 32)}`
}
