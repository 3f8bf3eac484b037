import type { Changed } from '../../api/change.js'
import type { Act } from '../../audit/event.js'
import { scopesOf } from '../scopes/grammar.js'
import { boundsOf } from './bounds.js'
import { type Life, stateOf } from './state.js'

interface Facts extends Life {
  id: number
  userId: number
  name: string
  scopes: string | null
  networks: string | null
  hint: string
  limitRequests: number | null
  limitSeconds: number | null
}

/** What the history of a token keeps, with the names of the API: what the token is and may do, but not its uses. */
export function tokenFacts(token: Facts): object {
  const { networks, rateLimit } = boundsOf(token)
  return {
    kind: token.kind,
    user: token.userId,
    name: token.name,
    scopes: token.scopes === null ? null : scopesOf(token.scopes),
    expires_at: token.expiresAt,
    networks,
    rate_limit: rateLimit,
    hint: token.hint,
    state: stateOf(token),
  }
}

/** The event for a new token. */
export function creation(token: Facts): Act {
  const { id, kind, userId, scopes } = token
  const detail = [kind, `of user:${userId}`, scopes].filter(Boolean).join(' ')
  return { action: 'token.created', object: `token:${id}`, detail, change: changeOf(undefined, token) }
}

/** The change for the history of a token. Its user and superusers can see it. */
export function changeOf(before: object | undefined, token: Facts): Changed {
  return { before, after: tokenFacts(token), ofUser: token.userId }
}
