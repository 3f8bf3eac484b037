export interface Token {
  id: number
  kind: 'account' | 'personal'
  user: number
  name: string
  scopes: string[] | null
  expires_at: string | null
  networks: string[]
  created_at: string
  hint: string
  state: 'active' | 'expired' | 'revoked' | 'rotating'
  rate_limit: { requests: number; seconds: number } | null
  last_used_at: string | null
  last_used_from: string | null
  last_used_agent: string | null
  use_count: number
  used_scopes: { scope: string; last_used_at: string }[]
  replaced: { ends_at: string; last_used_at: string | null; last_used_from: string | null; use_count: number } | null
}

/** The only responses that carry a value: of a creation and of a rotation. */
export interface TokenWithValue extends Token {
  token: string
}
