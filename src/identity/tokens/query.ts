import { Op } from 'sequelize'
import type { Id, Paging } from '../../api/wire.js'
import { whereHeld } from '../scopes/held.js'
import { whereState } from './state.js'
import { Token } from './token.js'
import type { TokenView } from './view.js'

/** What a list of tokens is asked for. */
export interface TokenQuery extends Paging {
  /**
   * The order of the rows; a minus means descending, equal rows follow by id. What was never used counts as used before all others,
   * what ends by no time as ending after all others.
   * @example "-created_at"
   */
  ordering?:
    | 'id'
    | '-id'
    | 'created_at'
    | '-created_at'
    | 'last_used_at'
    | '-last_used_at'
    | 'expires_at'
    | '-expires_at'
  kind?: 'account' | 'personal'
  user?: Id
  /**
   * A-Z match a-z.
   * @maxLength 100
   */
  name_contains?: string
  /**
   * `rotating` ones are active too, with an old value beside the new one.
   * @example "active"
   */
  state?: TokenView['state']
  /**
   * Personal tokens that have it.
   * @maxLength 127
   * @example "employees:read"
   */
  scope?: string
  /** Tokens that end then or later. */
  expires_at_min?: Date
  /** Tokens that end by then. */
  expires_at_max?: Date
  /**
   * With `true` tokens that end by no time, with `false` the others.
   * @isBoolean A valid boolean is required.
   * @example true
   */
  without_expiry?: boolean
  /**
   * Tokens that were made then or later.
   * @example "2026-11-24T09:30:00Z"
   */
  created_at_min?: Date
  /**
   * Tokens that were made by then.
   * @example "2026-11-24T09:30:00Z"
   */
  created_at_max?: Date
  /**
   * Tokens that were last used then or later.
   * @example "2026-11-24T09:30:00Z"
   */
  last_used_at_min?: Date
  /**
   * Tokens that were last used by then; what was never used is not among them.
   * @example "2026-11-24T09:30:00Z"
   */
  last_used_at_max?: Date
  /**
   * With `true` tokens that were never used, with `false` the others.
   * @isBoolean A valid boolean is required.
   * @example true
   */
  never_used?: boolean
}

/** What those of them mean that are no columns. */
export const filters = {
  state: whereState,
  scope: (scope: string) => whereHeld(Token, scope),
  without_expiry: (isWithout: boolean) => ({ expiresAt: isWithout ? null : { [Op.ne]: null } }),
  never_used: (isNever: boolean) => ({ lastUsedAt: isNever ? null : { [Op.ne]: null } }),
}

/** Where those stand that were never used, and those that end by no time: before and after all others. */
export const nulls = { lastUsedAt: 'first', expiresAt: 'last' } as const
