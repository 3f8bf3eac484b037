import type { Transaction } from 'sequelize'
import { BUILT_IN, WIDENING } from '../identity/scopes/built-in.js'
import { textOf } from '../identity/scopes/grammar.js'
import { importedAccount, importedPersonal } from '../identity/tokens/imported.js'
import { endedNow, latestExpiry } from '../identity/tokens/state.js'
import { Token } from '../identity/tokens/token.js'
import { takeImportedValues } from '../platform/database/epoch.js'
import { takeIds } from '../platform/database/given-ids.js'
import { insertManyIn } from '../platform/database/many-rows.js'
import { Origin } from './origins.js'
import type { ForeignToken } from './person.js'

/** What came with a service that knows no scopes may do what its user may, like an account token. */
const SCOPES = textOf([...BUILT_IN.keys()].filter((scope) => !WIDENING.has(scope)))

/** @param maxAge milliseconds that a new token lives at most */
export async function insertTokensIn(
  transaction: Transaction,
  {
    source,
    tokens,
    maxAge,
  }: { source: string; tokens: { token: ForeignToken; userId: number }[]; maxAge: number | undefined },
): Promise<void> {
  if (tokens.length === 0) return
  const ids = await takeIds(transaction, Token, tokens.length)
  const latest = latestExpiry(maxAge)
  const now = new Date()
  const rows = tokens.map(({ token, userId }, index) => ({
    ...BLANK,
    ...formOf(token, { id: ids[index]!, userId })!,
    id: ids[index]!,
    userId,
    createdAt: token.createdAt === undefined ? now : new Date(token.createdAt),
    expiresAt: soonest(latest, token.kind === 'personal' ? token.expiresAt : undefined),
  }))
  await insertManyIn(transaction, Token, rows)
  const origins = rows.map(({ digest, id }) => ({
    source,
    kind: 'token' as const,
    origin: digest,
    targetId: id,
    brought: '',
  }))
  await insertManyIn(transaction, Origin, origins)
  await takeImportedValues(transaction)
}

/** Every column in the same order, so that the rows are of one form. */
const BLANK = {
  kind: '',
  name: '',
  scopes: null,
  digest: '',
  hint: '',
  sealed: null,
  sealedKey: null,
  useCount: 0,
  oldUseCount: 0,
}

function formOf(token: ForeignToken, place: { id: number; userId: number }) {
  if (token.kind === 'account') return importedAccount(token.value, place)
  const form = importedPersonal(token.sha512, token.start)
  return form && { ...form, name: 'from knox', scopes: SCOPES }
}

function soonest(latest: Date | null, own: number | undefined): Date | null {
  if (own === undefined) return latest
  return latest && latest.getTime() < own ? latest : new Date(own)
}

export async function endTokensIn(transaction: Transaction, ids: number[]): Promise<void> {
  if (ids.length > 0) await Token.update(endedNow(), { where: { id: ids, revokedAt: null }, transaction })
}
