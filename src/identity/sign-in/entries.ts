import { number } from '../../platform/keys.js'

/** The most entries that a process makes in a day, and the number of entries that all later ones share. */
const MOST = 50_000

const DAY = 86_400_000

/** How many entries were made in the current day of the process and in the day before. Some of the latter still exist. */
let day = { began: performance.now(), made: 0, before: 0 }

/**
 * The entry of a name or an address, which strangers choose. It has an entry of its own while there is room. After that, names
 * with the same number share one. So the counters are bounded, and nobody can push out the count of another.
 * @param isThere whether an entry has been made
 */
export async function entryOf(kind: string, name: string, isThere: (key: string) => Promise<boolean>): Promise<string> {
  const own = `${kind} ${name}`
  return isFull() && !(await isThere(own)) ? sharedEntry(kind, name) : own
}

export function sharedEntry(kind: string, name: string): string {
  return `shared ${kind} ${number('throttle', `${kind} ${name}`) % MOST}`
}

/** @param change 1 for an entry that was made, -1 for one that was removed early */
export function noteEntry(change: 1 | -1): void {
  isFull()
  // Entries of the day before may be removed in this one.
  day.made = Math.max(day.made + change, -day.before)
}

function isFull(): boolean {
  const now = performance.now()
  if (now - day.began >= DAY) day = { began: now, made: 0, before: now - day.began < 2 * DAY ? day.made : 0 }
  return day.made + day.before >= MOST
}
