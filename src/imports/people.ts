import { foreignHash } from '../identity/users/foreign-hash.js'
import { openImportedHash } from '../identity/users/imported-hash.js'
import { checkedEmail } from '../identity/users/profile.js'
import type { UserRow } from '../identity/users/user.js'
import { plainName } from '../platform/names.js'
import { digestOfToken, type Here, hereOf } from './here.js'
import { inPieces, type Origin } from './origins.js'
import { type ForeignToken, isFirst, isKnownAs, LeftOuts, type Person } from './person.js'

/** A new person, as it will be written. */
export interface Fresh extends Person {
  tokens: ForeignToken[]
}

/** A person who came before, and what is still to be imported of them. */
export interface Known {
  userId: number
  origin: string
  /** Set if the rights in the source have changed since, and nobody has changed them here. */
  rights?: Pick<Person, 'isActive' | 'isStaff' | 'isSuperuser'>
  /** Set if the password in the source has changed since, and the imported one was not used here. */
  password?: string
  tokens: ForeignToken[]
  /** An account token that was imported before, and that the source has since replaced. */
  endedToken?: number
  /** Whether the next import has to know that this is the one. */
  isNewOrigin: boolean
  /** The rights here, for a new origin. */
  brought: string
}

export interface PeoplePlan {
  source: string
  /** Set if the source is a file and not a service that could be imported again. Its people are not remembered. */
  memory?: 'none'
  fresh: Fresh[]
  known: Known[]
  /** People who exist here already, with nothing to import. */
  unchanged: number
  tokensUnchanged: number
  /** Names that more than one would have, or that somebody has here: labels by reason. */
  conflicts: LeftOuts
  leftOut: LeftOuts
  /** People who are imported with changes: labels by difference. */
  altered: LeftOuts
}

const LONGEST_NAME = 150

/**
 * Plans what an import of these people would write. Nothing is written yet.
 * @param source where the people come from, such as `django`. Nobody is imported from it twice
 */
export async function planPeople(people: Person[], source: string): Promise<PeoplePlan> {
  const plan: PeoplePlan = {
    source,
    fresh: [],
    known: [],
    unchanged: 0,
    tokensUnchanged: 0,
    conflicts: new LeftOuts(),
    leftOut: new LeftOuts(),
    altered: new LeftOuts(),
  }
  const seen = new Set<string>()
  const named = people.filter(
    (person) => (isFirst(person, seen, plan.leftOut) && isNameable(person, plan)) || !leaveTokens(person, plan),
  )
  const twins = twinsOf(named)
  const seenTokens = new Set<string>()
  await inPieces(named, async (piece) => {
    const here = await hereOf(piece, source)
    for (const person of piece) {
      const before = reached(plan)
      decide(person, { here, isTwin: twins.has(person.usernameFolded), seenTokens, plan })
      if (reached(plan) === before) leaveTokens(person, plan)
    }
  })
  return plan
}

function reached({ fresh, known, unchanged }: PeoplePlan): number {
  return fresh.length + known.length + unchanged
}

/** Reports tokens that are left out, because none may be lost silently. */
function leaveTokens({ tokens = [], label }: Person, plan: PeoplePlan): true {
  for (const _ of tokens) plan.leftOut.add('token', 'its user was left out', label)
  return true
}

interface Situation {
  here: Here
  isTwin: boolean
  /** The tokens of the source that were seen already. */
  seenTokens: Set<string>
  plan: PeoplePlan
}

function decide(person: Person, situation: Situation) {
  const { here, isTwin, plan } = situation
  const name = person.usernameFolded
  const origin = here.targets.get(person.origin)
  const target = origin && here.byId.get(origin.targetId)
  const namesake = here.byName.get(name)
  if (origin && !target) return plan.leftOut.add('user', 'it came before and was deleted here', person.label)
  if (target && isSame(person, target)) return bring(person, target, origin, situation)
  if (target && isSameMoment(person, target))
    return plan.leftOut.add('user', 'it came before and has another name since, here or there', person.label)
  if (target) return plan.conflicts.add('user', 'its key belongs to another user who came before', person.label)
  if (namesake && isKnownAs(person, here.imported.get(namesake.id)) && isSame(person, namesake))
    return bring(person, namesake, undefined, situation)
  if (namesake) return plan.conflicts.add('user', 'somebody has this name here', person.label)
  if (isTwin)
    return plan.conflicts.add('user', 'somebody else in the source has this name, but for case or form', person.label)
  plan.fresh.push(freshOf(person, situation))
}

function freshOf(person: Person, situation: Situation): Fresh {
  const { plan } = situation
  const username = plainName(person.username)
  if (username !== person.username.normalize('NFC'))
    plan.altered.add('user', 'its name came without the spaces around it', person.label)
  const email = acceptable(person.email)
  if (email === undefined) plan.altered.add('user', 'its email address is none and was left out', person.label)
  const { tokens } = tokensFor(person, undefined, situation)
  const password = usable(person, plan)
  // The object is changed and not copied, because copies would need as much memory again.
  return Object.assign(person, { username, email: email ?? '', password, tokens })
}

function bring(person: Person, target: UserRow, origin: Origin | undefined, situation: Situation) {
  const { plan } = situation
  const { tokens, endedToken } = tokensFor(person, target.id, situation)
  const rights = changedRights(person, target, origin, plan)
  const password = changedPassword(person, target, plan)
  if (tokens.length === 0 && !rights && password === undefined && origin) plan.unchanged++
  else
    plan.known.push({
      userId: target.id,
      origin: person.origin,
      rights,
      password,
      tokens,
      endedToken,
      isNewOrigin: !origin,
      brought: rightsText(target),
    })
}

/** The rights in the form that is kept with the origin. */
export function rightsText({
  isActive,
  isStaff,
  isSuperuser,
}: Pick<Person, 'isActive' | 'isStaff' | 'isSuperuser'>): string {
  return [isActive && 'active', isStaff && 'staff', isSuperuser && 'superuser'].filter(Boolean).join(' ')
}

function changedRights(person: Person, target: UserRow, origin: Origin | undefined, plan: PeoplePlan) {
  const [now, here] = [rightsText(person), rightsText(target)]
  if (!origin || now === here || now === origin.brought) return undefined
  if (target.isSuperuser && target.isActive)
    plan.leftOut.add('rights', 'it is a superuser here, and has other rights there since', person.label)
  else if (here === origin.brought)
    return { isActive: person.isActive, isStaff: person.isStaff, isSuperuser: person.isSuperuser }
  else plan.leftOut.add('rights', 'they were changed here since, and there too', person.label)
  return undefined
}

/** A password that was set or hashed again here is never undone. */
function changedPassword(person: Person, target: UserRow, plan: PeoplePlan): string | undefined {
  if (target.passwordHash !== null || openImportedHash(target) === person.password) return undefined
  return usable(person, plan)
}

function usable({ password, label }: Person, plan: PeoplePlan): string | undefined {
  if (password === undefined) return undefined
  const found = foreignHash(password)
  if (!('reason' in found)) return password
  plan.leftOut.add('password', found.reason, label)
  return undefined
}

/** The tokens that are not here yet, and the one here that the source has replaced. */
function tokensFor(
  { tokens = [], label }: Person,
  userId: number | undefined,
  { here, seenTokens, plan }: Situation,
): { tokens: ForeignToken[]; endedToken?: number } {
  if (tokens.length === 0) return { tokens }
  const account = userId === undefined ? undefined : here.accounts.get(userId)
  const digests = tokens.map(digestOfToken)
  const isReplaced = account?.came && !digests.includes(account.digest)
  const fresh = tokens.filter((token, index) => {
    const digest = digests[index]
    if (digest === undefined)
      plan.leftOut.add('token', 'its value has not the form of Django REST framework or knox', label)
    else if (here.tokens.came.has(digest)) plan.tokensUnchanged++
    else if (here.tokens.taken.has(digest) || seenTokens.has(nameOf(token)))
      plan.leftOut.add('token', 'it is here already', label)
    else if (token.kind === 'account' && account && !isReplaced)
      plan.leftOut.add('token', 'its user has another account token here', label)
    else return seenTokens.add(nameOf(token))
    return false
  })
  const ended = isReplaced && fresh.some(({ kind }) => kind === 'account') ? account.id : undefined
  return { tokens: fresh.length === tokens.length ? tokens : fresh, endedToken: ended }
}

const nameOf = (token: ForeignToken): string => (token.kind === 'account' ? token.value : token.sha512)

/** Text that the databases cannot store, or that is too long, is not a name. */
function isNameable({ username, label }: Person, plan: PeoplePlan): boolean {
  const name = plainName(username)
  const reason =
    name === ''
      ? 'it has no name'
      : name.length > LONGEST_NAME && [...name].length > LONGEST_NAME
        ? `its name has more than ${LONGEST_NAME} characters`
        : name.includes('\0') || !name.isWellFormed()
          ? 'its name is no text'
          : undefined
  if (reason) plan.leftOut.add('user', reason, label)
  return !reason
}

/** Names that occur more than once, in the form that is unique here. */
function twinsOf(people: Person[]): Set<string> {
  const [seen, twins] = [new Set<string>(), new Set<string>()]
  for (const { usernameFolded: name } of people) (seen.has(name) ? twins : seen).add(name)
  return twins
}

/**
 * Whether it is the same person: the same name and, if the source has it, the same moment of joining, which cannot be changed
 * here.
 */
function isSame(person: Person, target: UserRow): boolean {
  return person.usernameFolded === target.usernameFolded && isSameMoment(person, target)
}

function isSameMoment({ dateJoined }: Person, target: UserRow): boolean {
  return dateJoined === undefined || dateJoined === target.dateJoined.getTime()
}

function acceptable(email: string): string | undefined {
  try {
    return checkedEmail(email)
  } catch {
    return undefined
  }
}
