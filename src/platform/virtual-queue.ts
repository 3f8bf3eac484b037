/**
 * The most seconds after which somebody is told to come back. Anybody whose turn is later has no place, and is told some time up
 * to this.
 */
const LONGEST = 300

/** Milliseconds for which a place is kept after the time that was told. */
const GRACE = 5000

/** The most places. Each takes some 200 bytes. */
const MOST = 10_000

/** Somebody who asks: the line, such as an address, which gets a fair share, and the name in that line. */
export interface Asker {
  line: string
  who: string
}

interface Place {
  line: string
  /** When this one gets its turn, as it was first told. This gives the order. In milliseconds, as the next. */
  turn: number
  /** The time at which it was told to come back. */
  due: number
}

/**
 * Those who found no room and were told when to come back, in the order of their turns. Somebody who comes back in time goes
 * before newcomers. The first of each line counts before the second of any other, so a line that asks for much makes nobody wait
 * longer. Somebody who does not come back in time loses the place.
 */
export class VirtualQueue {
  /** The places in the order in which they were made. */
  private readonly places = new Map<string, Place>()
  private readonly ofLine = new Map<string, number>()

  /** @returns how many have a turn before this one */
  ahead({ line, who }: Asker): number {
    this.forgetLate()
    const own = this.places.get(who)
    if (own) return this.countBefore(own.turn)
    const next = (this.ofLine.get(line) ?? 0) + 1
    if (next === 1) return this.ofLine.size
    return [...this.ofLine.values()].reduce((sum, count) => sum + Math.min(count, next), 0)
  }

  /** Removes the place of somebody who has come in. */
  leave(who: string): void {
    const place = this.places.get(who)
    if (!place) return
    this.places.delete(who)
    const left = this.ofLine.get(place.line)! - 1
    if (left > 0) this.ofLine.set(place.line, left)
    else this.ofLine.delete(place.line)
  }

  /**
   * Keeps a place, or the existing one.
   * @param wait the estimated seconds until this one gets a turn
   * @returns the whole seconds to tell, from 1 to 300
   */
  keep({ line, who }: Asker, wait: number): number {
    const now = performance.now()
    const own = this.places.get(who)
    // Those without a place come as newcomers, so they must not all come together.
    if (wait > LONGEST || (!own && this.places.size >= MOST)) return Math.ceil(LONGEST * (0.5 + Math.random() / 2))
    const seconds = Math.max(1, Math.ceil(wait))
    const due = now + seconds * 1000
    if (own) own.due = due
    else {
      this.places.set(who, { line, turn: now + wait * 1000, due })
      this.ofLine.set(line, (this.ofLine.get(line) ?? 0) + 1)
    }
    return seconds
  }

  private countBefore(turn: number): number {
    let count = 0
    for (const place of this.places.values()) if (place.turn < turn) count++
    return count
  }

  private forgetLate() {
    const now = performance.now()
    for (const [who, { due }] of this.places) {
      if (due + GRACE > now) break
      this.leave(who)
    }
  }
}
