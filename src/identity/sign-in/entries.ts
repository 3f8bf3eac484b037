import { number } from '../../platform/keys.js'

/** Entries that a process makes for a day at most, and those that all which come later share. */
const MOST = 50_000

const DAY = 86_400_000

/** What was made in this day of the process, and in the one before, whose entries are still there in part. */
let day = { began: performance.now(), made: 0, before: 0 }

/**
 * The entry of a name or an address, which strangers choose: its own while there is room. Then those that come to the same number
 * share one, so that the counters are bounded and nobody pushes the count of another out.
 * @param isThere whether an entry has been made
 */
export async function entryOf(kind: string, name: string, isThere: (key: string) => Promise<boolean>): Promise<string> {
  const own = `${kind} ${name}`
  return isFull() && !(await isThere(own)) ? sharedEntry(kind, name) : own
}

export function sharedEntry(kind: string, name: string): string {
  return `shared ${kind} ${number('throttle', `${kind} ${name}`) % MOST}`
}

/** @param change 1 for an entry that was made, -1 for one that has gone before its time */
export function noteEntry(change: 1 | -1): void {
  isFull()
  // What was made the day before may go in this one.
  day.made = Math.max(day.made + change, -day.before)
}

function isFull(): boolean {
  const now = performance.now()
  if (now - day.began >= DAY) day = { began: now, made: 0, before: now - day.began < 2 * DAY ? day.made : 0 }
  return day.made + day.before >= MOST
}
