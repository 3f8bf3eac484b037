import { importedAccountDigest, importedPersonal } from '../identity/tokens/imported.js'
import { Token } from '../identity/tokens/token.js'
import { User, type UserRow } from '../identity/users/user.js'
import { inPieces, Origin, originsOf, rowsWith } from './origins.js'
import type { ForeignToken, Person } from './person.js'

/** What already exists here of some people: who came before, and who has the same name. */
export interface Here {
  targets: Map<string, Origin>
  byId: Map<number, UserRow>
  byName: Map<string, UserRow>
  /** The users that people of this source became, by their identity there. */
  imported: Map<number, string[]>
  /** Account tokens by user, and whether they came from this source and are unchanged. */
  accounts: Map<number, { id: number; digest: string; came: boolean }>
  /** Digests of the imported tokens: those that came before, and those that exist here. */
  tokens: { came: Set<string>; taken: Set<string> }
}

/** What already exists here of the people of a piece. */
export async function hereOf(people: Person[], source: string): Promise<Here> {
  const targets = await originsOf(
    source,
    'user',
    people.map(({ origin }) => origin),
  )
  const usernameFolded = people.map((person) => person.usernameFolded)
  const named = await rowsWith(User, 'usernameFolded', usernameFolded)
  const came = await rowsWith(
    User,
    'id',
    [...targets.values()].map(({ targetId }) => targetId),
  )
  const imported = await Origin.findAll({
    where: { source, kind: 'user', targetId: named.map(({ id }) => id) },
    raw: true,
  })
  const userId = [...new Set([...named, ...came].map(({ id }) => id))]
  const accounts = await Token.findAll({ where: { userId, kind: 'account', revokedAt: null }, raw: true })
  const origins = await originsOf(
    source,
    'token',
    accounts.map(({ digest }) => digest),
  )
  return {
    accounts: new Map(accounts.map(({ id, userId, digest }) => [userId, { id, digest, came: origins.has(digest) }])),
    targets,
    byId: new Map([...named, ...came].map((user) => [user.id, user])),
    byName: new Map(named.map((user) => [user.usernameFolded, user])),
    imported: originsByTarget(imported),
    tokens: await tokensHere(people, source),
  }
}

function originsByTarget(rows: { targetId: number; origin: string }[]): Map<number, string[]> {
  const found = new Map<number, string[]>()
  for (const { targetId, origin } of rows) found.set(targetId, [...(found.get(targetId) ?? []), origin])
  return found
}

async function tokensHere(people: Person[], source: string): Promise<Here['tokens']> {
  const [came, taken] = [new Set<string>(), new Set<string>()]
  const digests = people.flatMap(({ tokens = [] }) => tokens.flatMap((token) => digestOfToken(token) ?? []))
  await inPieces(digests, async (digest) => {
    for (const origin of (await originsOf(source, 'token', digest)).keys()) came.add(origin)
    const found = await Token.findAll({ where: { digest }, attributes: ['digest'], raw: true })
    for (const token of found) taken.add(token.digest)
  })
  return { came, taken }
}

/** The digest that is stored here. Nothing for a token that its value cannot identify. */
export function digestOfToken(token: ForeignToken): string | undefined {
  if (token.kind === 'personal') return importedPersonal(token.sha512, token.start)?.digest
  return importedAccountDigest(token.value)
}
