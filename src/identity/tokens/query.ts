import type { Id, Paging } from '../../api/wire.js'
import { whereHeld } from '../scopes/held.js'
import { whereState } from './state.js'
import { Token } from './token.js'
import type { TokenView } from './view.js'

/** What a list of tokens is asked for. */
export interface TokenQuery extends Paging {
  /**
   * The order of the rows; a minus means descending, equal rows follow by id.
   * @example "-created_at"
   */
  ordering?: 'id' | '-id' | 'created_at' | '-created_at'
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
}

/** What those of them mean that are no columns. */
export const filters = {
  state: whereState,
  scope: (scope: string) => whereHeld(Token, scope),
}
