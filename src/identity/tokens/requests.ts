import type { Id, Scope } from '../../api/wire.js'
import type { RateLimit, TokenView } from './view.js'

/** What is absent stays as it is. */
export interface TokenPatch {
  /**
   * Of a personal token. In a create: without a name it is the user's account token, the one that `POST /gettoken/` answers.
   * @minLength 1
   * @maxLength 100
   * @example "nightly report"
   */
  name?: string
  /**
   * What a personal token may do, of what its user may do.
   * @isArray A list of scopes is required.
   * @minItems 1 Ensure there is at least one scope.
   * @maxItems 100 Ensure there are no more than 100 scopes.
   * @example ["employees:read"]
   */
  scopes?: Scope[]
  /**
   * When a personal token ends; null: not by itself, or as late as the settings allow. In a create, absent is null.
   * @example "2036-01-31T12:00:00.000Z"
   */
  expires_at?: Date | null
  /**
   * Addresses and networks (CIDR) that a personal token works from; none means any.
   * @isArray A list of networks is required.
   * @maxItems 20 Ensure there are no more than 20 networks.
   * @example ["127.0.0.0/8", "::1"]
   */
  networks?: string[]
  rate_limit?: RateLimit | null
}

export interface TokenInput extends TokenPatch {
  /** Whose token; only a superuser may name another user. Absent: one's own. */
  user?: Id
}

export interface Rotation {
  /**
   * How long the old value works on beside the new one; 0 ends it at once.
   * @isInt
   * @minimum 0
   * @maximum 2592000
   * @example 3600
   */
  overlap_seconds: number
}

export interface TokenCreated extends TokenView {
  /**
   * The value, shown in this response and never again.
   * @example "lk_1vI4Pm0dRYmV5kXr2Cw8n6ZtQb3LhJ9sEfGaTuNoKyD4WcPq"
   */
  token: string
}
