import { isInNetworks } from '../../platform/addresses.js'
import { HttpError } from '../../platform/failures.js'
import { stateOf } from '../tokens/state.js'
import type { TokenRow } from '../tokens/token.js'
import type { UserRow } from '../users/user.js'

/** A token in use. */
export interface Case {
  token: TokenRow
  user: UserRow
  /** The value before the last rotation was sent. */
  isOldValue: boolean
  address: string
  /** What the user may do. */
  userScopes: readonly string[]
  /** What the operation needs. */
  needed: readonly string[]
  /** As `handsOutRights` tells of the operation. */
  handsOut: boolean
}

export interface Rule {
  name: string
  /** @returns why not; nothing when the rule is kept */
  refusal: (use: Case) => HttpError | undefined
}

const invalid = () => new HttpError(401, 'Invalid token.')

/** Whether a value is good at all: what is broken here is 401. */
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

/** Tags of the operations that say who there is, and what they may. */
const OF_RIGHTS = ['users', 'groups', 'scopes', 'tokens', 'sessions']

/** Reads by a POST, because what they ask for belongs in no URL. */
const READS = ['lookupToken']

/** Whether an operation makes or changes what gives somebody a right. What only ends such a thing does not. */
export function handsOutRights(
  method: string,
  { tags, operationId }: { tags: string[]; operationId: string },
): boolean {
  if (['GET', 'HEAD', 'DELETE'].includes(method) || READS.includes(operationId)) return false
  return tags.some((tag) => OF_RIGHTS.includes(tag))
}

/** Whether it may do what is asked: what is broken here is 403. */
const PERMISSION: Rule[] = [
  {
    // It lives on for those who have not changed over yet, not to give itself or somebody else a new life.
    name: 'value not replaced, where rights are handed out',
    refusal: ({ isOldValue, handsOut }) =>
      isOldValue && handsOut ? new HttpError(403, 'A value that was replaced hands out nothing.') : undefined,
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

/** Every rule that decides about a token, in order: a request stops at the first that is broken, `explain` shows them all. */
export const RULES: Rule[] = [...VALIDITY, ...PERMISSION]

/** The refusal of the first rule that is broken, of each kind; nothing where all are kept. */
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
