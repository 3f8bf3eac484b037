/** Seconds after which somebody is told to come back at most: whose turn is later has no place, and is told some time up to it. */
const LONGEST = 300

/** Milliseconds beyond the time that was told for which a place is kept. */
const GRACE = 5000

/** Places at most, each of some 200 bytes. */
const MOST = 10_000

/** Whoever asks: the line, such as an address, which shares what there is with the other lines, and who it is in it. */
export interface Asker {
  line: string
  who: string
}

interface Place {
  line: string
  /** When it is the turn of this one, as it was told first: this is the order. In milliseconds, as the next. */
  turn: number
  /** When it was told to come back. */
  due: number
}

/**
 * Those who found no room and were told when to come back, in the order of their turns: who comes when told goes before who comes
 * anew. Each line counts once before the second of another counts, so that one which asks for much makes nobody wait longer.
 * Who does not come when told loses the place.
 */
export class VirtualQueue {
  /** In the order in which they were made. */
  private readonly places = new Map<string, Place>()
  private readonly ofLine = new Map<string, number>()

  /** @returns how many have their turn before this one */
  ahead({ line, who }: Asker): number {
    this.forgetLate()
    const own = this.places.get(who)
    if (own) return this.countBefore(own.turn)
    const next = (this.ofLine.get(line) ?? 0) + 1
    if (next === 1) return this.ofLine.size
    return [...this.ofLine.values()].reduce((sum, count) => sum + Math.min(count, next), 0)
  }

  /** Takes the place of who has come in. */
  leave(who: string): void {
    const place = this.places.get(who)
    if (!place) return
    this.places.delete(who)
    const left = this.ofLine.get(place.line)! - 1
    if (left > 0) this.ofLine.set(place.line, left)
    else this.ofLine.delete(place.line)
  }

  /**
   * Keeps a place, or the one that there is.
   * @param wait seconds until it is the turn of this one, as far as anybody can tell
   * @returns whole seconds to be told, from 1 to 300
   */
  keep({ line, who }: Asker, wait: number): number {
    const now = performance.now()
    const own = this.places.get(who)
    // Who has no place comes as anybody else, so these must not come together.
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
