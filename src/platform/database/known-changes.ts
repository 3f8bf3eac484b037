/** Whose rights a change alters: those of one token, of a user with all its tokens, or of everybody. */
export type Subject = 'all' | `token:${number}` | `user:${number}`

/** One change in the database. After a failover or a restore another one may have its number, but not its nonce. */
export interface Change {
  number: number
  nonce: number
}

/** What one look at the database tells: the number of the last change, and the rows from the last one of the look before on. */
export interface Look {
  value: number
  rows: (Change & { subject: Subject })[]
}

/** Subjects that are told apart; beyond it what was read before the oldest of their changes is worthless as a whole. */
const MOST = 20_000

/**
 * The changes of rights that a process knows of, in the order in which it came to know them. Rights that were read at one moment
 * hold as long as none of their subjects has changed since, so a change makes worthless what it is about and nothing else. A
 * look-up takes its moment before it reads: what changes while it reads, or before its end is noted, makes it worthless too.
 */
export class KnownChanges {
  private count = 0
  private lastOfAll = 0
  private readonly last = new Map<Subject, number>()
  /** The last change in the database that this process has seen; absent while it may have missed some. */
  private seen: { number: number; nonce: number | undefined } | undefined
  /** Nonces of the changes of this process itself that are noted, which a look need not tell again. */
  private own = new Map<number, number>()

  /** For rights that are about to be read. */
  moment(): number {
    return this.count
  }

  isUnchangedSince(moment: number, subjects: readonly Subject[]): boolean {
    return moment >= this.lastOfAll && subjects.every((subject) => (this.last.get(subject) ?? 0) <= moment)
  }

  /** @param change in the database, once it is committed; without it the next look tells of it once more */
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

  /** The number from which on the next look has to tell its rows. */
  nextLook(): number | undefined {
    return this.seen?.number
  }

  /**
   * Notes what a look has found: everybody, where a number has no row, as when more were made than are kept, or where the last change
   * of the look before is not there any more.
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

  /** After a look that failed: the next one may reach another server, whose numbers mean other changes. */
  loseTrack(): void {
    this.seen = undefined
    this.own.clear()
  }
}
