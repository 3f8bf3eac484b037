import type { Id, Scope } from '../../api/wire.js'
import type { RateLimit, TokenView } from './view.js'

/** Fields that are absent stay as they are. */
export interface TokenPatch {
  /**
   * The name of a personal token. A create without a name makes the account token, the one that `POST /gettoken/` returns.
   * @minLength 1
   * @maxLength 100
   * @example "nightly report"
   */
  name?: string
  /**
   * What a personal token may do. Its user must have these scopes.
   * @isArray A list of scopes is required.
   * @minItems 1 Ensure there is at least one scope.
   * @maxItems 100 Ensure there are no more than 100 scopes.
   * @example ["employees:read"]
   */
  scopes?: Scope[]
  /**
   * When a personal token ends. Null means that it does not end by itself, or ends as late as the settings allow. In a create, an
   * absent field means null.
   * @example "2036-01-31T12:00:00.000Z"
   */
  expires_at?: Date | null
  /**
   * The addresses and networks (CIDR) that a personal token works from. An empty list means any.
   * @isArray A list of networks is required.
   * @maxItems 20 Ensure there are no more than 20 networks.
   * @example ["127.0.0.0/8", "::1"]
   */
  networks?: string[]
  rate_limit?: RateLimit | null
}

export interface TokenInput extends TokenPatch {
  /** The id of the user who will own the token. If it is absent, the token is yours. Only a superuser may name another user. */
  user?: Id
}

export interface Rotation {
  /**
   * How many seconds the old value keeps working next to the new one. 0 ends it at once.
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
