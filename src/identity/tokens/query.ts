import { Op } from 'sequelize'
import type { Id, Paging } from '../../api/wire.js'
import { whereHeld } from '../scopes/held.js'
import { type TokenState, whereState } from './state.js'
import { Token } from './token.js'

/**
 * The order of the rows. A minus means descending. Rows with equal values are in the order of their ids. A token that was never
 * used counts as used before all others. A token that does not end by itself counts as ending after all others.
 * @example "-created_at"
 */
type TokenOrdering =
  | 'id'
  | '-id'
  | 'created_at'
  | '-created_at'
  | 'last_used_at'
  | '-last_used_at'
  | 'expires_at'
  | '-expires_at'

/**
 * The kinds of token in the list. Sessions are not among them.
 * @example "personal"
 */
type ListedTokenKind = 'account' | 'personal'

/** The query of a list of tokens. */
export interface TokenQuery extends Paging {
  ordering?: TokenOrdering
  kind?: ListedTokenKind
  /** The id of the user who owns the token. */
  user?: Id
  /**
   * Tokens whose name contains this text. A-Z match a-z.
   * @maxLength 100
   */
  name_contains?: string
  /** Tokens in this state. `active` includes `rotating`. */
  state?: TokenState
  /**
   * Personal tokens that have this scope.
   * @maxLength 127
   * @example "employees:read"
   */
  scope?: string
  /** Tokens that end at this time or later. */
  expires_at_min?: Date
  /** Tokens that end at this time or earlier. */
  expires_at_max?: Date
  /**
   * With `true`, tokens that do not end by themselves. With `false`, the others.
   * @isBoolean A valid boolean is required.
   * @example true
   */
  without_expiry?: boolean
  /**
   * Tokens that were made at this time or later.
   * @example "2026-11-24T09:30:00Z"
   */
  created_at_min?: Date
  /**
   * Tokens that were made at this time or earlier.
   * @example "2026-11-24T09:30:00Z"
   */
  created_at_max?: Date
  /**
   * Tokens that were last used at this time or later.
   * @example "2026-11-24T09:30:00Z"
   */
  last_used_at_min?: Date
  /**
   * Tokens that were last used at this time or earlier. Tokens that were never used are not among them.
   * @example "2026-11-24T09:30:00Z"
   */
  last_used_at_max?: Date
  /**
   * With `true`, tokens that were never used. With `false`, the others.
   * @isBoolean A valid boolean is required.
   * @example true
   */
  never_used?: boolean
}

/** The filters that are not columns. */
export const filters = {
  state: whereState,
  scope: (scope: string) => whereHeld(Token, scope),
  without_expiry: (isWithout: boolean) => ({ expiresAt: isWithout ? null : { [Op.ne]: null } }),
  never_used: (isNever: boolean) => ({ lastUsedAt: isNever ? null : { [Op.ne]: null } }),
}

/** Tokens that were never used come before all others, and tokens that do not end by themselves come after all others. */
export const nulls = { lastUsedAt: 'first', expiresAt: 'last' } as const
