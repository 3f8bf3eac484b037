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
import { EVERYONE, Group } from '../groups/group.js'
import { BUILT_IN } from '../scopes/built-in.js'
import { scopesOf } from '../scopes/grammar.js'
import { OwnScope } from '../scopes/own-scope.js'
import { importedDigestsOf } from '../tokens/imported.js'
import { stateOf } from '../tokens/state.js'
import { Token, type TokenRow } from '../tokens/token.js'
import { digestOf, isWellFormed, type Prefix } from '../tokens/value.js'
import { Membership, User, type UserRow } from '../users/user.js'

/** Who a request is: the user, the credential, and what the two together may do. */
export interface Principal {
  user: UserRow
  token: TokenRow
  /** What this request may do: what the user may, cut down to the token's scopes. */
  scopes: readonly string[]
  userScopes: readonly string[]
  /** The value before the token's last rotation was sent. */
  isOldValue: boolean
  /** A superuser by account token or session: the only one who hands out rights and acts for others. */
  isFullSuperuser: boolean
}

/** A request of whom nobody knows yet. */
export interface Stranger {
  id: string
  address: string
  headers: { cookie?: string }
  app: { locals: { settings: Settings } }
}

/** A request that has been let in: who acts, and from where. */
export interface Caller extends ResourceRequest, Stranger {
  user: Principal
}

/** Principals whose rights are remembered; the oldest makes room. */
const MOST = 10_000

interface Entry {
  /** From before the rows were read: a change in between makes the entry worthless. */
  moment: number
  subjects: readonly Subject[]
  token: TokenRow
  user: UserRow
  userScopes: readonly string[]
}

const cache = new Map<string, Entry>()

/**
 * Whose value this is, and what the two together may do. Whether the value is good is for `judge` to say.
 * @param prefix of the kind that is expected: a session's value counts only in a cookie, a token's only in a header
 * @throws {HttpError} 401 for a value that nobody has
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

/** What a user may do: the scopes of the own groups and of `everyone`; a superuser, all, built-in ones and one's own. */
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

/** Those that a user is in, `everyone` among them, in any order. */
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
  if (!isFullSuperuser) throw new HttpError(403, `Only a superuser, by account token or session, may ${doing}.`)
}

/** Sees everybody's tokens, and ends those of who is neither staff nor superuser; makes, changes and replaces none of them. */
const TOKENS_ADMIN = 'tokens:admin'

/** Whether everybody's tokens are seen. */
export function seesAllTokens({ isFullSuperuser, scopes }: Principal): boolean {
  return isFullSuperuser || scopes.includes(TOKENS_ADMIN)
}

/** One's own tokens, or everybody's. Sessions are never among tokens. */
export function visibleTokens(principal: Principal) {
  const listed = { kind: { [Op.ne]: 'session' } }
  return seesAllTokens(principal) ? listed : { ...listed, userId: principal.user.id }
}

/** For the metrics. */
export const cacheCounts = { hits: 0, misses: 0 }

/**
 * One statement, because every act asks it. The user's row is locked first, as a change of password or of rights locks it; as for an
 * update, because two who shared the rows would wait for each other when each revokes the token that it came with.
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
  // A superuser lacks only what is gone for everybody.
  const held = isSuperuser ? scopes : await scopesOfUser({ id: user.id, isSuperuser }, transaction)
  const ofToken = now.scopes === null ? held : scopesOf(now.scopes)
  const missing = scopes.filter((scope) => !held.includes(scope) || !ofToken.includes(scope))
  if (missing.length > 0 || isSuperuser !== user.isSuperuser || boundsThen(token) !== boundsNow(now))
    throw new HttpError(403, 'Your rights have changed in the meantime.', { missingScopes: missing })
}

/** How long, from where and how often a token works: what it makes may not exceed it. */
function boundsThen({ networks, expiresAt, limitRequests, limitSeconds }: TokenRow): string {
  return JSON.stringify([networks, expiresAt, limitRequests, limitSeconds])
}

function boundsNow({ networks, expires_at, limit_requests, limit_seconds }: Holder): string {
  return JSON.stringify([networks, expires_at && new Date(expires_at), limit_requests, limit_seconds])
}

/**
 * From memory while nobody has changed the rights of this token and its user, else from the database.
 * @param digests that the value may have: one of our own has one, and junk none
 * @param isWellFormed junk is refused by this, without a query; what is in memory was looked at before
 */
async function rightsOf(digests: string[], isWellFormed: () => boolean): Promise<Entry> {
  const moment = currentMoment()
  const found = rememberedOf(digests)
  // Another process may have seen a session that seems idle here.
  const isIdle = found?.token.kind === 'session' && stateOf(found.token) === 'expired'
  if (found && !isIdle && isUnchangedSince(found.moment, found.subjects)) {
    cacheCounts.hits++
    return found
  }
  if (digests.length === 0 || !isWellFormed()) throw new HttpError(401, 'Invalid token.')
  cacheCounts.misses++
  const [token] = await prepared(Token, (bind) => {
    const values = digests.map((digest) => ({ [Op.eq]: bind(digest) }))
    return { where: { [Op.or]: values.flatMap((value) => [{ digest: value }, { oldDigest: value }]) } }
  })
  const user = token && (await preparedByKey(User, token.userId))
  // A user who has gone since the first statement has ended the token.
  if (!token || !user) throw new HttpError(401, 'Invalid token.')
  const subjects = [`token:${token.id}`, `user:${user.id}`] as const
  const digest = digests.find((digest) => digest === token.digest || digest === token.oldDigest)!
  return remember(digest, { token, user, userScopes: await scopesOfUser(user), moment, subjects })
}

/** Prepared: a service of many tokens looks for one with most requests. */
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
  if (cache.size >= MOST) cache.delete(cache.keys().next().value!)
  cache.set(digest, entry)
  return entry
}
