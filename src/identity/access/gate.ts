import { isInNetworks } from '../../platform/addresses.js'
import { HttpError } from '../../platform/failures.js'
import { stateOf } from '../tokens/state.js'
import type { TokenRow } from '../tokens/token.js'
import type { UserRow } from '../users/user.js'

/** A token in use. */
export interface Case {
  token: TokenRow
  user: UserRow
  /** Whether the request has the value from before the last rotation. */
  isOldValue: boolean
  address: string
  /** What the user may do. */
  userScopes: readonly string[]
  /** What the operation needs. */
  needed: readonly string[]
  /** The result of `handsOutRights` for the operation. */
  handsOut: boolean
}

export interface Rule {
  name: string
  /** @returns why the rule is broken, or nothing if it is kept */
  refusal: (use: Case) => HttpError | undefined
}

const invalid = () => new HttpError(401, 'Invalid token.')

/** Rules for whether a value is valid at all. If one is broken, the response is 401. */
const VALIDITY: Rule[] = [
  { name: 'not revoked', refusal: ({ token }) => (token.revokedAt ? invalid() : undefined) },
  { name: 'not expired', refusal: ({ token }) => (stateOf(token) === 'expired' ? invalid() : undefined) },
  {
    name: 'value not replaced, or its overlap not over',
    refusal: ({ token, isOldValue }) => (isOldValue && stateOf(token) !== 'rotating' ? invalid() : undefined),
  },
  {
    name: 'sent from an allowed network',
    refusal: ({ token, address }) =>
      token.networks === null || isInNetworks(address, token.networks.split(' ')) ? undefined : invalid(),
  },
  {
    name: 'user active',
    refusal: ({ user }) => (user.isActive ? undefined : new HttpError(401, 'User inactive or deleted.')),
  },
]

/** Tags of the operations about users and their rights. */
const OF_RIGHTS = ['users', 'groups', 'scopes', 'tokens', 'sessions']

/** Operations that read with POST, because what they look for must not be in a URL. */
const READS = ['lookupToken']

/**
 * Whether an operation makes or changes something that gives somebody a right. Operations that only end such a thing do not
 * count.
 */
export function handsOutRights(
  method: string,
  { tags, operationId }: { tags: string[]; operationId: string },
): boolean {
  if (['GET', 'HEAD', 'DELETE'].includes(method) || READS.includes(operationId)) return false
  return tags.some((tag) => OF_RIGHTS.includes(tag))
}

/** Rules for whether the token may do this. If one is broken, the response is 403. */
const PERMISSION: Rule[] = [
  {
    // The old value works on for clients that have not changed over yet. It must not give itself or anybody else a new life.
    name: 'value not replaced, where rights are handed out',
    refusal: ({ isOldValue, handsOut }) =>
      isOldValue && handsOut ? new HttpError(403, 'A value that was replaced cannot hand out rights.') : undefined,
  },
  {
    name: 'user has the scopes',
    refusal: ({ userScopes, needed }) => lacking(needed, userScopes),
  },
  {
    name: 'token has the scopes',
    refusal: ({ token, needed }) => (token.scopes === null ? undefined : lacking(needed, token.scopes.split(' '))),
  },
]

/** Every rule about a token, in order. A request stops at the first that is broken. `explain` shows them all. */
export const RULES: Rule[] = [...VALIDITY, ...PERMISSION]

/** The refusals of the first broken rule of each kind. Nothing if all are kept. */
export function judge(use: Case): { invalid: HttpError | undefined; forbidden: HttpError | undefined } {
  return { invalid: firstRefusal(VALIDITY, use), forbidden: firstRefusal(PERMISSION, use) }
}

function firstRefusal(rules: Rule[], use: Case): HttpError | undefined {
  for (const { name, refusal } of rules) {
    const reason = refusal(use)
    if (!reason) continue
    reason.extras.rule = name
    return reason
  }
  return undefined
}

function lacking(needed: readonly string[], held: readonly string[]): HttpError | undefined {
  const missing = needed.filter((scope) => !held.includes(scope))
  if (missing.length === 0) return undefined
  return new HttpError(403, `This needs the scope ${missing.join(' and ')}.`, { missingScopes: missing })
}
