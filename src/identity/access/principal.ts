import {
  type Attributes,
  type FindOptions,
  type Model,
  type ModelStatic,
  Op,
  type Transaction,
  type WhereOptions,
} from 'sequelize'
import type { ResourceRequest } from '../../api/wire.js'
import type { Actor } from '../../audit/actor.js'
import type { Settings } from '../../platform/config.js'
import { isSqlite } from '../../platform/database/connection.js'
import { currentMoment, isUnchangedSince } from '../../platform/database/epoch.js'
import type { Subject } from '../../platform/database/known-changes.js'
import { type Bind, prepared, preparedByKey, preparedIn } from '../../platform/database/prepared-reads.js'
import { runIn } from '../../platform/database/statement.js'
import { table } from '../../platform/database/tables.js'
import { HttpError } from '../../platform/failures.js'
import { REMEMBERED_TOKENS } from '../../platform/shares.js'
import { EVERYONE, Group } from '../groups/group.js'
import { BUILT_IN } from '../scopes/built-in.js'
import { scopesOf } from '../scopes/grammar.js'
import { OwnScope } from '../scopes/own-scope.js'
import { importedDigestsOf } from '../tokens/imported.js'
import { stateOf } from '../tokens/state.js'
import { Token, type TokenRow } from '../tokens/token.js'
import { digestOf, isWellFormed, type Prefix } from '../tokens/value.js'
import { Membership, User, type UserRow } from '../users/user.js'

/** Who sends a request: the user, the credential, and what both together may do. */
export interface Principal {
  user: UserRow
  token: TokenRow
  /** What this request may do: the scopes that both the user and the token have. */
  scopes: readonly string[]
  userScopes: readonly string[]
  /** Whether the request has the value from before the token's last rotation. */
  isOldValue: boolean
  /** A superuser with an account token or a session. Only such a caller gives rights and acts for others. */
  isFullSuperuser: boolean
}

/** A request before authentication. */
export interface Stranger {
  id: string
  address: string
  headers: { cookie?: string }
  app: { locals: { settings: Settings } }
}

/** A request after authentication: who acts, and from where. */
export interface Caller extends ResourceRequest, Stranger {
  user: Principal
  /** `introspected` is the token that another service asked about, for the log. */
  res?: ResourceRequest['res'] & { locals: { introspected?: { id: number; hint: string } } }
}

interface Entry {
  /** The moment before the rows were read. A change since then makes the entry worthless. */
  moment: number
  subjects: readonly Subject[]
  token: TokenRow
  user: UserRow
  userScopes: readonly string[]
}

const cache = new Map<string, Entry>()

/**
 * The user and the token of a value, and what both together may do. `judge` decides whether the value is valid.
 * @param prefix of the expected kind, because a session's value counts only in a cookie and a token's only in a header
 * @throws {HttpError} 401 for a value that no token has
 */
export async function principalOf(value: string, prefix: Prefix): Promise<Principal> {
  const isOurs = value.startsWith(`${prefix}_`)
  const digests = isOurs ? [digestOf(value)] : prefix === 'lk' ? await importedDigestsOf(value) : []
  const { token, user, userScopes } = await rightsOf(digests, () => !isOurs || isWellFormed(value, prefix))
  const isOldValue = !digests.includes(token.digest)
  const scopes =
    token.scopes === null ? userScopes : scopesOf(token.scopes).filter((scope) => userScopes.includes(scope))
  return { user, token, scopes, userScopes, isOldValue, isFullSuperuser: user.isSuperuser && token.kind !== 'personal' }
}

/** What a user may do: the scopes of their groups and of `everyone`. A superuser has all scopes, also those that were added. */
export async function scopesOfUser(
  user: Pick<UserRow, 'id' | 'isSuperuser'>,
  transaction?: Transaction,
): Promise<readonly string[]> {
  if (user.isSuperuser) {
    const own = await find(OwnScope, () => ({ where: { removedAt: null } }), transaction)
    return [...BUILT_IN.keys(), ...own.map(({ name }) => name)].sort()
  }
  const groups = await groupsOf(user.id, transaction)
  return [...new Set(groups.flatMap(({ scopes }) => scopesOf(scopes)))].sort()
}

/** The groups of a user, with `everyone`, in any order. */
export async function groupsOf(userId: number, transaction?: Transaction): Promise<Attributes<Group>[]> {
  const memberships = await find(Membership, (bind) => ({ where: { userId: { [Op.eq]: bind(userId) } } }), transaction)
  return find(Group, (bind) => ({ where: groupsAmong(memberships, bind) }), transaction)
}

export function actorOf({ user: principal, id, address }: Pick<Caller, 'user' | 'id' | 'address'>): Actor {
  const { user } = principal
  const recheck = (transaction: Transaction) => requireUnchanged(principal, transaction)
  return { id: user.id, name: user.username, address, requestId: id, recheck }
}

/** @throws {HttpError} 403 */
export function requireFullSuperuser({ isFullSuperuser }: Principal, doing: string): void {
  if (!isFullSuperuser) throw new HttpError(403, `Only a superuser with an account token or a session may ${doing}.`)
}

/**
 * Its holder sees everybody's tokens, and ends those of users who are neither staff nor superusers. It does not make, change or
 * rotate them.
 */
const TOKENS_ADMIN = 'tokens:admin'

/** Whether the principal sees everybody's tokens. */
export function seesAllTokens({ isFullSuperuser, scopes }: Principal): boolean {
  return isFullSuperuser || scopes.includes(TOKENS_ADMIN)
}

/** The tokens that the principal sees: their own, or everybody's. Sessions are never among them. */
export function visibleTokens(principal: Principal) {
  const listed = { kind: { [Op.ne]: 'session' } }
  return seesAllTokens(principal) ? listed : { ...listed, userId: principal.user.id }
}

/** For the metrics. */
export const cacheCounts = { hits: 0, misses: 0 }

/**
 * One statement, because every act needs it. It locks the user's row first, as a change of password or of rights does. The lock
 * is that of an update: two that shared the rows would wait for each other when each revokes the token that it came with.
 */
const HOLDER = `SELECT is_active, is_superuser, digest, old_digest, scopes, networks, expires_at, limit_requests, limit_seconds FROM ${table('users')} JOIN ${table('tokens')} ON user_id = users.id
  WHERE users.id = $1 AND tokens.id = $2 AND revoked_at IS NULL${isSqlite ? '' : ' FOR NO KEY UPDATE'}`

interface Holder {
  is_active: boolean
  is_superuser: boolean
  digest: string
  old_digest: string | null
  scopes: string | null
  networks: string | null
  /** Text from SQLite. */
  expires_at: Date | string | null
  limit_requests: number | null
  limit_seconds: number | null
}

async function requireUnchanged({ user, token, scopes, isOldValue }: Principal, transaction: Transaction) {
  const [now] = (await runIn(transaction, HOLDER, [user.id, token.id])) as Holder[]
  const isSame = now && (isOldValue ? now.old_digest === token.oldDigest : now.digest === token.digest)
  if (!isSame) throw new HttpError(401, 'Invalid token.')
  if (!now.is_active) throw new HttpError(401, 'User inactive or deleted.')
  const isSuperuser = Boolean(now.is_superuser)
  // A superuser lacks only scopes that no longer exist.
  const held = isSuperuser ? scopes : await scopesOfUser({ id: user.id, isSuperuser }, transaction)
  const ofToken = now.scopes === null ? held : scopesOf(now.scopes)
  const missing = scopes.filter((scope) => !held.includes(scope) || !ofToken.includes(scope))
  if (missing.length > 0 || isSuperuser !== user.isSuperuser || boundsThen(token) !== boundsNow(now))
    throw new HttpError(403, 'Your rights have changed in the meantime.', { missingScopes: missing })
}

/** How long, from where and how often a token works. A token that it makes may not exceed this. */
function boundsThen({ networks, expiresAt, limitRequests, limitSeconds }: TokenRow): string {
  return JSON.stringify([networks, expiresAt, limitRequests, limitSeconds])
}

function boundsNow({ networks, expires_at, limit_requests, limit_seconds }: Holder): string {
  return JSON.stringify([networks, expires_at && new Date(expires_at), limit_requests, limit_seconds])
}

/**
 * Reads from memory as long as nobody has changed the rights of this token and its user, and otherwise from the database.
 * @param digests that the value may have. A value of ours has one, and junk has none
 * @param isWellFormed refuses junk without a query. A value in memory has passed it before
 */
async function rightsOf(digests: string[], isWellFormed: () => boolean): Promise<Entry> {
  const moment = currentMoment()
  const found = rememberedOf(digests)
  // A session that seems idle here may have been used in another process.
  const isIdle = found?.token.kind === 'session' && stateOf(found.token) === 'expired'
  if (found && !isIdle && isUnchangedSince(found.moment, found.subjects)) {
    cacheCounts.hits++
    return found
  }
  if (digests.length === 0 || !isWellFormed()) throw new HttpError(401, 'Invalid token.', { rule: 'value well-formed' })
  cacheCounts.misses++
  const [token] = await prepared(Token, (bind) => {
    const values = digests.map((digest) => ({ [Op.eq]: bind(digest) }))
    return { where: { [Op.or]: values.flatMap((value) => [{ digest: value }, { oldDigest: value }]) } }
  })
  const user = token && (await preparedByKey(User, token.userId))
  // If the user has been deleted since the first statement, the token has ended.
  if (!token || !user) throw new HttpError(401, 'Invalid token.', { rule: 'value known' })
  const subjects = [`token:${token.id}`, `user:${user.id}`] as const
  const digest = digests.find((digest) => digest === token.digest || digest === token.oldDigest)!
  return remember(digest, { token, user, userScopes: await scopesOfUser(user), moment, subjects })
}

/** Prepared, because a service with many tokens reads one for most requests. */
function find<Row extends Model>(
  model: ModelStatic<Row>,
  options: (bind: Bind) => FindOptions,
  transaction?: Transaction,
): Promise<Attributes<Row>[]> {
  return transaction ? preparedIn(transaction, model, options) : prepared(model, options)
}

function groupsAmong(memberships: { groupId: number }[], bind: Bind): WhereOptions {
  const ids = memberships.map(({ groupId }) => bind(groupId))
  return { [Op.or]: [{ name: { [Op.eq]: bind(EVERYONE) } }, { id: { [Op.in]: ids } }] }
}

function rememberedOf(digests: string[]): Entry | undefined {
  for (const digest of digests) {
    const found = cache.get(digest)
    if (found) return found
  }
  return undefined
}

function remember(digest: string, entry: Entry): Entry {
  cache.delete(digest)
  // The oldest entry makes room.
  if (cache.size >= REMEMBERED_TOKENS) cache.delete(cache.keys().next().value!)
  cache.set(digest, entry)
  return entry
}
