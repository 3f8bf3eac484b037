import { hash } from 'node:crypto'
import { folded } from '../identity/users/profile.js'
import { type DjangoUser, NONE, type Project, type Reference, Shared } from './django.js'
import type { ForeignGroup } from './groups.js'
import { type ForeignToken, type LeftOuts, type Person, shown } from './person.js'

/** The groups of a project, by their identity there. */
export function groupsOf({ groups }: Project): ForeignGroup[] {
  return groups.map(({ key, name }) => ({ origin: originOf(key, name), name }))
}

/**
 * The users of a project, with their tokens. The project then no longer has them.
 * @param groupNames the name of each group here, by its origin
 * @param leftOut gets what has no user, or has ended
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
  const lists = new Shared<string[]>()
  const groupsFor = (references: Reference[]) =>
    lists.of(references.join('\n'), () => references.flatMap((group) => groups.get(group) ?? []))
  const users: (DjangoUser | undefined)[] = project.users
  const people: Person[] = []
  for (const [index, user] of project.users.entries()) {
    people.push(new DjangoPerson(user, index + 1, groupsFor(user.groups), tokens.of(user)))
    // Keeping both would need too much memory for a large project.
    users[index] = undefined
  }
  tokens.rest(leftOut)
  project.users = []
  for (const { name } of project.apiKeys) leftOut.add('API key', 'it belongs to no user', shown(name))
  return people
}

/** A class with explicit members and a label that is made on demand, because there may be a hundred thousand. */
class DjangoPerson implements Person {
  origin: string
  username: string
  usernameFolded: string
  email: string
  isActive: boolean
  isStaff: boolean
  isSuperuser: boolean
  dateJoined?: number
  lastLogin?: number
  password?: string

  constructor(
    user: DjangoUser,
    private readonly place: number,
    readonly groups: string[],
    public tokens: ForeignToken[],
  ) {
    this.origin = originOf(user.key, user.username)
    this.username = user.username
    this.usernameFolded = folded(user.username)
    this.email = user.email
    this.isActive = user.isActive
    this.isStaff = user.isStaff
    this.isSuperuser = user.isSuperuser
    this.dateJoined = user.dateJoined
    this.lastLogin = user.lastLogin
    this.password = user.password
  }

  /** A report must not show an email address, and a name may be one. */
  get label(): string {
    const name = shown(this.username) === this.username ? ` ${JSON.stringify(this.username)}` : ''
    return `${this.origin.startsWith(UNKNOWN) ? `number ${this.place}` : this.origin}${name}`
  }
}

/** The tokens of each user. The project then no longer has them. */
function tokensOf(project: Project, leftOut: LeftOuts) {
  const byUser = new Map<Reference, ForeignToken[]>()
  let isByName = false
  const add = (user: Reference, token: ForeignToken) => {
    isByName ||= user.startsWith('name ')
    const known = byUser.get(user)
    if (known) known.push(token)
    else byUser.set(user, [token])
  }
  const now = Date.now()
  // A project may allow a user more than one. All values are valid.
  for (const { user, token } of project.tokens)
    if (token.kind === 'account' && byUser.has(user) && /^[0-9a-f]{40}$/.test(token.value)) {
      const { value, createdAt } = token
      add(user, { kind: 'personal', sha512: hash('sha512', value), start: value, createdAt })
    } else add(user, token)
  project.tokens = []
  for (const { user, digest, start, isSalted, createdAt, expiresAt } of project.knox) {
    const whose = `of user ${shown(user.slice(user.indexOf(' ') + 1))}`
    if (isSalted) leftOut.add('token', 'knox before 4.2 has salted it', whose)
    else if (expiresAt !== undefined && expiresAt <= now) leftOut.add('token', 'it has expired', whose)
    else add(user, { kind: 'personal', sha512: digest, start, createdAt, expiresAt })
  }
  project.knox = []
  const taken = (user: Reference): ForeignToken[] => {
    const tokens = byUser.get(user) ?? NONE
    byUser.delete(user)
    return tokens
  }
  return {
    of({ key, username }: DjangoUser): ForeignToken[] {
      const byKey = key === undefined ? NONE : taken(`key ${key}`)
      const byName = isByName ? taken(`name ${username}`) : NONE
      return byName.length === 0 ? byKey : [...byKey, ...byName]
    },
    rest(left: LeftOuts) {
      for (const tokens of byUser.values())
        for (const _ of tokens) left.add('token', 'its user is not in the source', 'unknown')
    },
  }
}

/** The beginning of the origin of a row without a key. */
const UNKNOWN = 'name '

/** SQLite stores them without hyphens. */
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/** The most characters of a key that is kept as it is. */
const LONGEST = 200

/** In a dump without primary keys, a row is identified by its name. A name that may be an email address is not kept as it is. */
function originOf(key: string | undefined, name: string): string {
  const isKept =
    key !== undefined && key.length <= LONGEST && shown(key) === key && key.isWellFormed() && !key.includes('\0')
  if (isKept) return UUID.test(key) ? key.replaceAll('-', '') : key
  return `${UNKNOWN}${hash('sha256', key ?? name).slice(0, 32)}`
}
