/** The rights that a change alters: those of one token, of a user with all their tokens, or of everybody. */
export type Subject = 'all' | `token:${number}` | `user:${number}`

/** One change in the database. After a failover or a restore, another one may have its number, but not its nonce. */
export interface Change {
  number: number
  nonce: number
}

/**
 * The result of one look at the database: the number of the last change, and the rows from the last one of the previous look on.
 */
export interface Look {
  value: number
  rows: (Change & { subject: Subject })[]
}

/** The most subjects that are kept apart. Beyond that, everything that was read before the oldest change is worthless. */
const MOST = 20_000

/**
 * The changes of rights that a process knows, in the order in which it learned of them. Rights that were read at one moment hold
 * as long as none of their subjects has changed since. So a change makes only the rights of its subject worthless. A look-up
 * takes its moment before it reads, so a change during the read makes the result worthless too.
 */
export class KnownChanges {
  private count = 0
  private lastOfAll = 0
  private readonly last = new Map<Subject, number>()
  /** The last change in the database that this process has seen. Absent while it may have missed some. */
  private seen: { number: number; nonce: number | undefined } | undefined
  /** Nonces of this process's own changes, which a look need not note again. */
  private own = new Map<number, number>()

  /** For rights that are about to be read. */
  moment(): number {
    return this.count
  }

  isUnchangedSince(moment: number, subjects: readonly Subject[]): boolean {
    return moment >= this.lastOfAll && subjects.every((subject) => (this.last.get(subject) ?? 0) <= moment)
  }

  /** @param change in the database, once it is committed. Without it, the next look notes it again */
  note(subject: Subject, change?: Change): void {
    if (change) this.own.set(change.number, change.nonce)
    this.count++
    this.last.delete(subject)
    this.last.set(subject, this.count)
    if (subject === 'all') {
      this.lastOfAll = this.count
      this.last.clear()
    }
    for (const [oldest, at] of this.last) {
      if (this.last.size <= MOST) break
      this.last.delete(oldest)
      this.lastOfAll = at
    }
  }

  /** The number of the first change whose row the next look has to read. */
  nextLook(): number | undefined {
    return this.seen?.number
  }

  /**
   * Notes what a look has found. If a number has no row, because there were more changes than are kept or because the last known
   * change has gone, it notes everybody.
   */
  catchUp({ value, rows }: Look): void {
    const { seen } = this
    const nonceOf = (wanted: number) => rows.find(({ number }) => number === wanted)?.nonce
    const later = rows.filter(({ number }) => number !== seen?.number)
    const isComplete = seen && nonceOf(seen.number) === seen.nonce && later.length === value - seen.number
    const others = later.filter(({ number, nonce }) => this.own.get(number) !== nonce)
    for (const subject of isComplete ? others.map(({ subject }) => subject) : ['all' as const]) this.note(subject)
    this.seen = { number: value, nonce: nonceOf(value) }
    for (const number of this.own.keys()) if (number <= value) this.own.delete(number)
  }

  /** Call this after a failed look. The next one may reach another server, whose numbers mean other changes. */
  loseTrack(): void {
    this.seen = undefined
    this.own.clear()
  }
}
