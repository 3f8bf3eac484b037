import { addressKey } from '../platform/addresses.js'
import { write } from '../platform/database/write-queue.js'
import type { Actor } from './actor.js'
import { type Act, Event } from './event.js'

/** The most subjects, addresses and minutes that are counted at a time. Beyond that, they share a row. */
const MOST = 1000

/** How many rows are appended in one transaction. */
const PIECE = 100

interface Refusal {
  actor: Actor
  act: Act
  count: number
  minute: number
}

const counted = new Map<string, Refusal>()

/**
 * Counts a refusal in memory. It becomes one row for its subject, address and minute when the minute ends, so that an
 * attacker cannot fill the table.
 */
export function countRefusal(actor: Actor, act: Act): void {
  const minute = Math.floor(Date.now() / 60_000)
  const key = [minute, act.action, actor.kind, actor.id ?? actor.name, addressKey(actor.address), act.object].join(' ')
  const full = counted.size >= MOST && !counted.has(key)
  const found = counted.get(full ? `${minute} ${act.action}` : key)
  if (found) found.count++
  else if (full)
    counted.set(`${minute} ${act.action}`, {
      actor: { kind: 'several', id: null, name: 'several', address: '', requestId: null },
      act,
      count: 1,
      minute,
    })
  else counted.set(key, { actor, act, count: 1, minute })
}

/** Appends the rows of the minutes that have ended, and at a stop also those of the current minute. */
export async function writeRefusals(which: 'ended' | 'all'): Promise<void> {
  const now = Math.floor(Date.now() / 60_000)
  const due = [...counted].filter(([, { minute }]) => which === 'all' || minute < now)
  // They are removed before anything is awaited, so that a simultaneous second call does not write them too.
  for (const [key] of due) counted.delete(key)
  // A few are appended at a time, because nobody else can append meanwhile.
  for (let start = 0; start < due.length; start += PIECE) {
    const piece = due.slice(start, start + PIECE).map(([, refusal]) => recordOf(refusal))
    try {
      await write((transaction) => Event.recordAll(piece, transaction))
    } catch (error) {
      for (const [key, refusal] of due.slice(start)) keep(key, refusal)
      throw error
    }
  }
}

function recordOf({ actor, act, count }: Refusal): [Actor, Act] {
  const detail = [act.detail, `${count} times`].filter(Boolean).join(', ')
  return [actor, { ...act, outcome: 'refused', detail }]
}

/** Adds refusals that could not be written to those that were counted since. */
function keep(key: string, earlier: Refusal) {
  const found = counted.get(key)
  if (found) found.count += earlier.count
  else counted.set(key, earlier)
}
