import type { Transaction } from 'sequelize'
import { type Changed, recordVouched } from '../api/change.js'
import { type Actor, byOf } from './actor.js'

/** What an event keeps of a change. */
export interface Kept {
  changeId: number | null
  changeDigest: string | null
  /** Names, separated by spaces. */
  fields: string | null
}

/** Of an event that changed no row. */
export const NOTHING: Kept = { changeId: null, changeDigest: null, fields: null }

/** Records the values of a change beside the trail. */
export async function kept(
  actor: Actor,
  { object, change }: { object: string; change?: Changed },
  transaction: Transaction,
): Promise<Kept> {
  const row = change && (await recordVouched(transaction, byOf(actor), placeOf(object), change))
  return row ? { changeId: row.id, changeDigest: row.digest, fields: row.names.join(' ') } : NOTHING
}

/** Where the change of `token:7` stands: a kind of object has the name of its resource without its `s`. */
function placeOf(object: string): { resource: string; object: string } {
  const at = object.indexOf(':')
  return { resource: `${object.slice(0, at)}s`, object: object.slice(at + 1) }
}
