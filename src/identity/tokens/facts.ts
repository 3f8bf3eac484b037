import type { Changed } from '../../api/change.js'
import { scopesOf } from '../scopes/grammar.js'
import { type Life, stateOf } from './state.js'

interface Facts extends Life {
  userId: number
  name: string
  scopes: string | null
  networks: string | null
  hint: string
  limitRequests: number | null
  limitSeconds: number | null
}

/** What the history of a token keeps: what it is and may do, and none of its uses. That a user is disabled is the user's history. */
export function tokenFacts(token: Facts) {
  const { limitRequests: requests, limitSeconds: seconds } = token
  return {
    kind: token.kind,
    user: token.userId,
    name: token.name,
    scopes: token.scopes === null ? null : scopesOf(token.scopes),
    expires_at: token.expiresAt,
    networks: token.networks?.split(' ') ?? [],
    rate_limit: requests && seconds ? { requests, seconds } : null,
    hint: token.hint,
    state: stateOf(token),
  }
}

export type TokenFacts = ReturnType<typeof tokenFacts>

/** For the history of a token, which its user sees and a superuser. */
export function changeOf(before: object | undefined, token: Facts): Changed {
  return { before, after: tokenFacts(token), ofUser: token.userId }
}
