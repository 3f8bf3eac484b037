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

/** What the history of a token keeps, by the names of the wire: what it is and may do, and none of its uses. */
export function tokenFacts(token: Facts): object {
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
