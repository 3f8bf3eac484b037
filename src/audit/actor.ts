import type { Transaction } from 'sequelize'
import type { By } from '../api/change.js'

/**
 * What acted. The name alone does not say it, because a user may be called `stranger` or `command`. `user`: a user. `command`:
 * the command line. `service`: the service at its start. `setup`: somebody with the setup link. `stranger`: somebody who proved
 * no identity, even if they gave a username. `several`: several strangers, counted together. `holder`: somebody with the value of
 * a token or with a password link.
 * @example "user"
 */
export type ActorKind = 'user' | 'command' | 'service' | 'setup' | 'stranger' | 'several' | 'holder'

/** Who did something, and from where. */
export interface Actor {
  /** Absent: a user where there is an id, else the command. */
  kind?: ActorKind
  /** A user's; nobody's for the operator's commands and for strangers. */
  id: number | null
  name: string
  address: string
  /** The id that the log and the problem document of the request repeat. */
  requestId: string | null
  /**
   * Run inside the transaction of every act that gives or takes rights, before it does: throws when the actor has lost,
   * since the request was let in, what it was let in with. Else a password that is changed at this moment would not end
   * the token that the old one is just making. Operators at the command have nothing to lose.
   */
  recheck?: (transaction: Transaction) => Promise<void>
}

export function kindOf({ kind, id }: Actor): ActorKind {
  return kind ?? (id === null ? 'command' : 'user')
}

/** The actor in the form of the history. */
export function byOf(actor: Actor): By {
  const { id, name, requestId } = actor
  return { kind: kindOf(actor), id, name, requestId }
}
