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
 * Nobody can give a right that they do not have in this request.
 * @param transaction as in `requireSensible`
 * @throws {HttpError} 403 for more than the principal may give, 400 as in `requireSensible`
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
    throw new HttpError(403, 'This token cannot give scopes that it does not have.', { missingScopes: missing })
  if (principal.token.limitRequests)
    throw new HttpError(
      403,
      'A token with a limit cannot make or change tokens, because that would multiply the limit.',
    )
  if (principal.token.kind === 'personal') requireWithin(principal.token, wish)
}

/**
 * @param transaction of a write that has checked for unknown scopes before it locked anything
 * @throws {HttpError} 400 for unknown scopes, for scopes that the owner lacks, for an invalid network or an invalid time
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
  // A new token that asks for no end gets the longest lifetime. An existing token that has no end does not get one unless
  // somebody asks.
  const end = expiresAt?.getTime() ?? (madeAt ? Number.POSITIVE_INFINITY : Date.now())
  if (!(end <= (latestExpiry(maxAge, madeAt)?.getTime() ?? Number.POSITIVE_INFINITY)))
    throw invalid({ expires_at: ['Ensure this time is within the longest lifetime that the settings allow.'] })

  const ownersScopes = await scopesOfUser(owner, transaction)
  const beyond = scopes.filter((scope) => !ownersScopes.includes(scope))
  if (beyond.length > 0) throw invalid({ scopes: [`The user does not have ${beyond.join(', ')}.`] })
}

/**
 * A rotation returns the new value, so a personal token cannot rotate a token that may do more than itself.
 * @throws {HttpError} 403
 */
export function requireRotatable(principal: Principal, token: TokenRow): void {
  if (principal.token.kind !== 'personal' || token.id === principal.token.id) return
  const { scopes } = token
  if (scopes === null) throw new HttpError(403, 'A personal token cannot rotate an account token.')
  const missing = scopesOf(scopes).filter((scope) => !principal.scopes.includes(scope))
  if (missing.length > 0)
    throw new HttpError(403, 'This token cannot give scopes that it does not have.', { missingScopes: missing })
  requireWithin(principal.token, boundsOf(token))
}

/**
 * Only a full superuser can end the tokens of superusers and staff, just as only a full superuser can change these users.
 * @throws {HttpError} 403
 */
export async function requireRevocable(principal: Principal, token: TokenRow, transaction: Transaction): Promise<void> {
  if (token.userId === principal.user.id) return
  const owner = await User.findByPk(token.userId, { transaction })
  if (owner?.isStaff || owner?.isSuperuser)
    requireFullSuperuser(principal, 'revoke a token of a superuser or of a member of the staff')
}

/**
 * With a personal token, no token of its user can be made wider than it was, not even the token itself, and not even if a new
 * token could be as wide.
 * @param before the token before the change
 * @throws {HttpError} 403
 */
export function requireNarrowing(principal: Principal, before: TokenRow, wish: PersonalWish): void {
  if (principal.token.kind !== 'personal') return
  const had = scopesOf(before.scopes ?? '')
  if (excessOf(before, wish) || wish.scopes.some((scope) => !had.includes(scope)))
    throw new HttpError(403, 'A personal token can only narrow and rename tokens.')
}

function requireWithin(parent: TokenRow, wish: Bounds) {
  const excess = excessOf(parent, wish)
  if (excess) throw new HttpError(403, excess)
}

/** A personal token cannot make a token that works longer, from more networks or more often than itself. */
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
