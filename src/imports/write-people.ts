import type { Transaction } from 'sequelize'
import { act } from '../audit/act.js'
import type { Actor } from '../audit/actor.js'
import { endSessionsOf } from '../identity/sessions/session.js'
import { OneTimeLink } from '../identity/sign-in/one-time-link.js'
import { keptOwners } from '../identity/tokens/owner.js'
import { sealImportedHash } from '../identity/users/imported-hash.js'
import { Membership, User } from '../identity/users/user.js'
import { takeIds } from '../platform/database/given-ids.js'
import { insertManyIn, updateManyIn } from '../platform/database/many-rows.js'
import { groupIdsIn } from './groups.js'
import { type KeptIds, keptId, reserve } from './kept-ids.js'
import { Origin } from './origins.js'
import { type Fresh, type Known, type PeoplePlan, rightsText } from './people.js'
import { patiently } from './pieces.js'
import { endTokensIn, insertTokensIn } from './write-tokens.js'

/** Rows of users, and of their tokens, that are written in one transaction at most. */
const USERS = 1000
const TOKENS = 2000

interface Writing {
  actor: Actor
  ids: KeptIds
  /** Milliseconds that a new token lives at most. */
  maxAge: number | undefined
  /** Is told after each piece how many are done, and says whether to stop. */
  onPiece: (people: number) => 'go on' | 'stop'
}

/**
 * Writes a plan, a transaction and an event for each piece. What is not reached, by a stop or a failure, the next import brings.
 * @param plan has nobody any more who was written: count before
 * @returns whether all of it is written
 */
export async function writePeople(plan: PeoplePlan, { actor, ids, maxAge, onPiece }: Writing): Promise<boolean> {
  const { source, memory } = plan
  // Before anybody else is given one of them, and in a transaction of its own: a counter of PostgreSQL is not undone with one.
  if (ids.isNew)
    await patiently(() => act({ actor, what: () => undefined }, (transaction) => reserve(ids, source, transaction)))
  for (const piece of piecesOf(plan.fresh)) {
    const what = (tokens: number) =>
      ({
        action: 'users.imported',
        object: `import:${source}`,
        detail: `${piece.length} users, ${tokens} tokens`,
      }) as const
    await patiently(() =>
      act({ actor, what }, (transaction) => addPiece(piece, { source, memory, ids, maxAge }, transaction)),
    )
    if (onPiece(piece.length) === 'stop') return false
  }
  for (const piece of piecesOf(plan.known)) {
    const what = (tokens: number) =>
      ({ action: 'users.imported', object: `import:${source}`, detail: summaryOf(piece, tokens) }) as const
    const takesRights = piece.some(({ rights, endedToken }) => rights || endedToken)
    const rights = takesRights ? 'all' : undefined
    await patiently(() =>
      act({ actor, rights, what }, (transaction) => changePiece(piece, { source, maxAge }, transaction)),
    )
    if (onPiece(piece.length) === 'stop') return false
  }
  return true
}

/** @returns how many tokens came with them */
async function addPiece(
  piece: Fresh[],
  { source, memory, ids, maxAge }: Pick<PeoplePlan, 'source' | 'memory'> & { ids: KeptIds; maxAge: number | undefined },
  transaction: Transaction,
): Promise<number> {
  const kept = piece.map((person) => keptId(person, ids))
  const given = await takeIds(transaction, User, kept.filter((id) => id === 0).length)
  const userIds = kept.map((id) => id || given.shift()!)
  const now = new Date()
  const users = piece.map(({ password, ...person }, index) => ({
    id: userIds[index]!,
    username: person.username,
    usernameFolded: person.usernameFolded,
    email: person.email,
    isActive: person.isActive,
    isStaff: person.isStaff,
    isSuperuser: person.isSuperuser,
    dateJoined: person.dateJoined === undefined ? now : new Date(person.dateJoined),
    lastLogin: person.lastLogin === undefined ? null : new Date(person.lastLogin),
    ...imported(password, userIds[index]!),
  }))
  await insertManyIn(transaction, User, users)
  const groupIds = await groupIdsIn(
    piece.flatMap(({ groups }) => groups),
    transaction,
  )
  const memberships = piece.flatMap(({ groups }, index) =>
    [...new Set(groups)].flatMap((name) => {
      const groupId = groupIds.get(name)
      return groupId === undefined ? [] : [{ userId: userIds[index]!, groupId }]
    }),
  )
  await insertManyIn(transaction, Membership, memberships)
  const origins = piece.map((person, index) => originOf(source, person.origin, userIds[index]!, rightsText(person)))
  if (memory !== 'none') await insertManyIn(transaction, Origin, origins)
  const tokens = piece.flatMap(({ tokens }, index) => tokens.map((token) => ({ token, userId: userIds[index]! })))
  await insertTokensIn(transaction, { source, tokens, maxAge })
  return tokens.length
}

async function changePiece(
  piece: Known[],
  { source, maxAge }: { source: string; maxAge: number | undefined },
  transaction: Transaction,
): Promise<number> {
  const rights = piece.flatMap(({ userId, rights }) => (rights ? [{ id: userId, ...rights }] : []))
  await updateManyIn(transaction, User, rights)
  const changed = rights.map(({ id }) => id)
  await endSessionsOf(changed, transaction)
  const passwords = piece.flatMap(({ userId, password }) =>
    password === undefined ? [] : [{ id: userId, ...imported(password, userId) }],
  )
  // A user who has signed in since the plan was made has a hash of ours by now.
  await updateManyIn(transaction, User, passwords, { isSet: 'passwordHash' })
  await OneTimeLink.endOf([...changed, ...passwords.map(({ id }) => id)], transaction)
  await endTokensIn(
    transaction,
    piece.flatMap(({ endedToken }) => endedToken ?? []),
  )
  const origins = piece.filter(({ isNewOrigin }) => isNewOrigin)
  await insertManyIn(
    transaction,
    Origin,
    origins.map(({ origin, userId, brought }) => originOf(source, origin, userId, brought)),
  )
  for (const { origin, rights: now } of piece)
    if (now) await Origin.update({ brought: rightsText(now) }, { where: { source, kind: 'user', origin }, transaction })
  // Somebody may have gone since the plan was made.
  const there = await keptOwners(
    piece.flatMap(({ tokens, userId }) => (tokens.length > 0 ? userId : [])),
    transaction,
  )
  const tokens = piece.flatMap(({ tokens, userId }) =>
    there.has(userId) ? tokens.map((token) => ({ token, userId })) : [],
  )
  await insertTokensIn(transaction, { source, tokens, maxAge })
  return tokens.length
}

function imported(password: string | undefined, userId: number) {
  return password === undefined ? { importedHash: null, importedKey: null } : sealImportedHash(password, userId)
}

function originOf(source: string, origin: string, targetId: number, brought: string) {
  return { source, kind: 'user' as const, origin, targetId, brought }
}

function summaryOf(piece: Known[], tokens: number): string {
  const count = (which: (known: Known) => unknown) => piece.filter(which).length
  return `${count(({ password }) => password !== undefined)} passwords, ${count(({ rights }) => rights)} rights, ${tokens} tokens`
}

/** In the order of the list, which keeps nobody who was handed out: what is written makes room. */
function* piecesOf<Item extends { tokens: unknown[] }>(items: (Item | undefined)[]): Generator<Item[]> {
  let [piece, tokens]: [Item[], number] = [[], 0]
  for (const [index, item] of items.entries()) {
    if (!item) continue
    items[index] = undefined
    if (piece.length > 0 && (piece.length === USERS || tokens + item.tokens.length > TOKENS)) {
      yield piece
      ;[piece, tokens] = [[], 0]
    }
    piece.push(item)
    tokens += item.tokens.length
  }
  if (piece.length > 0) yield piece
}
