import type { Id } from '../../api/wire.js'
import type { Token } from '../tokens/token.js'

export interface SessionView {
  id: Id
  /**
   * When the user signed in.
   * @example "2026-11-24T09:30:00.000Z"
   */
  created_at: Date
  /**
   * When the session ends at the latest.
   * @example "2026-11-24T17:30:00.000Z"
   */
  expires_at: Date
  /**
   * When the session was last used.
   * @example "2026-11-24T10:00:00.000Z"
   */
  last_used_at: Date | null
  /**
   * The address that it was last used from.
   * @example "127.0.0.1"
   */
  last_used_from: string | null
  /**
   * The `User-Agent` of its last use.
   * @example "Mozilla/5.0"
   */
  last_used_agent: string | null
  /**
   * Whether it is the session of this request.
   * @example false
   */
  is_current: boolean
}

/** @param currentId of the token or session of this request */
export function sessionView(session: Token, currentId: number): SessionView {
  const { id, createdAt, expiresAt, lastUsedAt, lastUsedFrom, lastUsedAgent } = session
  return {
    id,
    created_at: createdAt,
    expires_at: expiresAt!,
    last_used_at: lastUsedAt,
    last_used_from: lastUsedFrom,
    last_used_agent: lastUsedAgent,
    is_current: id === currentId,
  }
}
