export interface Token {
  id: number
  kind: 'account' | 'personal'
  user: number
  /** The current name of the user. Null if the user was deleted. */
  username: string | null
  name: string
  scopes: string[] | null
  expires_at: string | null
  networks: string[]
  created_at: string
  hint: string
  state: 'active' | 'disabled' | 'expired' | 'revoked' | 'rotating'
  rate_limit: RateLimit | null
  last_used_at: string | null
  last_used_from: string | null
  last_used_agent: string | null
  use_count: number
  used_scopes: { scope: string; last_used_at: string }[]
  replaced: { ends_at: string; last_used_at: string | null; last_used_from: string | null; use_count: number } | null
}

export interface RateLimit {
  requests: number
  seconds: number
}

/** The only responses with a value: those of a create and a rotation. */
export interface TokenWithValue extends Token {
  token: string
}

/** Whether it works, or works again when its user is enabled. */
export function isAlive({ state }: Token): boolean {
  return state !== 'expired' && state !== 'revoked'
}
