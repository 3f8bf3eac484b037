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

/** For an event that changed no row. */
export const NOTHING: Kept = { changeId: null, changeDigest: null, fields: null }

/** Records the values of a change next to the trail. */
export async function kept(
  actor: Actor,
  { object, change }: { object: string; change?: Changed },
  transaction: Transaction,
): Promise<Kept> {
  const row = change && (await recordVouched(transaction, byOf(actor), placeOf(object), change))
  return row ? { changeId: row.id, changeDigest: row.digest, fields: row.names.join(' ') } : NOTHING
}

/** The resource and key of an object such as `token:7`. A kind is the name of its resource without the `s`. */
function placeOf(object: string): { resource: string; object: string } {
  const at = object.indexOf(':')
  return { resource: `${object.slice(0, at)}s`, object: object.slice(at + 1) }
}
