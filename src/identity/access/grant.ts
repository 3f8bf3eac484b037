import type { Transaction } from 'sequelize'
import { isNetwork, isWithin } from '../../platform/addresses.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { scopesOf } from '../scopes/grammar.js'
import { unknownScope } from '../scopes/own-scope.js'
import { type Bounds, boundsOf } from '../tokens/bounds.js'
import { latestExpiry } from '../tokens/state.js'
import type { PersonalWish, TokenRow } from '../tokens/token.js'
import { User, type UserRow } from '../users/user.js'
import { type Principal, requireFullSuperuser, scopesOfUser } from './principal.js'

const NO_NETWORK =
  'A network is an address, or an address, a slash and a prefix length, that clients come from; without the zone of an interface.'

/**
 * Nobody hands out what they do not hold in the request at hand.
 * @param transaction as in `requireSensible`
 * @throws {HttpError} 403 for more than the principal may give, 400 as `requireSensible`
 */
export async function requireGrantable(
  principal: Principal,
  owner: UserRow,
  wish: PersonalWish,
  transaction?: Transaction,
): Promise<void> {
  await requireSensible(owner, wish, transaction)
  if (owner.id !== principal.user.id) return
  const missing = wish.scopes.filter((scope) => !principal.scopes.includes(scope))
  if (missing.length > 0)
    throw new HttpError(403, 'This token cannot give what it does not have.', { missingScopes: missing })
  if (principal.token.limitRequests)
    throw new HttpError(403, 'A token with a limit makes and changes no tokens, which would multiply it.')
  if (principal.token.kind === 'personal') requireWithin(principal.token, wish)
}

/**
 * @param transaction of a write that has asked for unknown scopes before it locked anything
 * @throws {HttpError} 400 for unknown scopes, for scopes that the owner lacks, for what is no network, for a bad time
 */
export async function requireSensible(
  owner: UserRow,
  { scopes, networks, expiresAt, maxAge, madeAt }: PersonalWish,
  transaction?: Transaction,
): Promise<void> {
  const complaint = transaction ? undefined : await unknownScope(scopes)
  if (complaint) throw invalid({ scopes: [complaint] })
  const wrong = networks.flatMap((network, index) => (isNetwork(network) ? [] : [`networks.${index}`]))
  if (wrong.length > 0) throw invalid(Object.fromEntries(wrong.map((field) => [field, [NO_NETWORK]])))
  if (expiresAt && !(expiresAt.getTime() > Date.now()))
    throw invalid({ expires_at: ['Ensure this time is in the future.'] })
  // One that is made gets the longest life where it asks for none; of one that is there nobody ends what had no end unasked.
  const end = expiresAt?.getTime() ?? (madeAt ? Number.POSITIVE_INFINITY : Date.now())
  if (!(end <= (latestExpiry(maxAge, madeAt)?.getTime() ?? Number.POSITIVE_INFINITY)))
    throw invalid({ expires_at: ['Ensure this time is within the longest life that the settings allow.'] })

  const ownersScopes = await scopesOfUser(owner, transaction)
  const beyond = scopes.filter((scope) => !ownersScopes.includes(scope))
  if (beyond.length > 0) throw invalid({ scopes: [`The user does not have ${beyond.join(', ')}.`] })
}

/**
 * Who rotates gets the new value: a personal token gives out no value that may do more than itself.
 * @throws {HttpError} 403
 */
export function requireRotatable(principal: Principal, token: TokenRow): void {
  if (principal.token.kind !== 'personal' || token.id === principal.token.id) return
  const { scopes } = token
  if (scopes === null) throw new HttpError(403, 'A personal token does not rotate an account token.')
  const missing = scopesOf(scopes).filter((scope) => !principal.scopes.includes(scope))
  if (missing.length > 0)
    throw new HttpError(403, 'This token cannot give what it does not have.', { missingScopes: missing })
  requireWithin(principal.token, boundsOf(token))
}

/**
 * The tokens of those above are ended by a full superuser alone, as those above are changed.
 * @throws {HttpError} 403
 */
export async function requireRevocable(principal: Principal, token: TokenRow, transaction: Transaction): Promise<void> {
  if (token.userId === principal.user.id) return
  const owner = await User.findByPk(token.userId, { transaction })
  if (owner?.isStaff || owner?.isSuperuser)
    requireFullSuperuser(principal, 'revoke a token of a superuser or of a member of the staff')
}

/**
 * A personal token makes no token of its user wider than it was, itself neither, even where it could make such a one anew.
 * @param before the token as it is
 * @throws {HttpError} 403
 */
export function requireNarrowing(principal: Principal, before: TokenRow, wish: PersonalWish): void {
  if (principal.token.kind !== 'personal') return
  const had = scopesOf(before.scopes ?? '')
  if (excessOf(before, wish) || wish.scopes.some((scope) => !had.includes(scope)))
    throw new HttpError(403, 'A personal token only narrows and renames tokens.')
}

function requireWithin(parent: TokenRow, wish: Bounds) {
  const excess = excessOf(parent, wish)
  if (excess) throw new HttpError(403, excess)
}

/** A personal token makes no token that works longer, from more places or more often than itself. */
function excessOf(parent: TokenRow, { networks, expiresAt, rateLimit }: Bounds): string | undefined {
  const most = boundsOf(parent)
  if (most.expiresAt && (!expiresAt || !(expiresAt <= most.expiresAt)))
    return 'This token cannot make one that outlives it.'
  const isEverywhere = networks.length === 0
  if (most.networks.length > 0 && (isEverywhere || !networks.every((network) => isWithin(network, most.networks))))
    return 'This token cannot make one that works from other networks.'
  const limit = most.rateLimit
  if (limit && (!rateLimit || rateLimit.requests > limit.requests || rateLimit.seconds < limit.seconds))
    return 'This token cannot make one with a higher limit.'
  return undefined
}
