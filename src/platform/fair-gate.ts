import type { HttpError } from './failures.js'

interface Waiting {
  start: (slot: number) => void
  refuse: (reason: HttpError) => void
}

interface Bounds {
  /** How much runs at once. */
  slots: number
  /** How many wait at most; the longest line gives way first. */
  queue: number
  /** Milliseconds that one waits at most; nothing for as long as it takes. */
  patience?: number
  /** What who does not get in is told. */
  busy: () => HttpError
}

/**
 * Lets a few in at a time; those who wait take turns by who they are, so that one who asks for much keeps nobody out.
 */
export class FairGate {
  /** A Map keeps its order, so the first key is the one whose turn it is. */
  private readonly lines = new Map<string, Waiting[]>()
  private readonly free: number[]
  private waiting = 0

  constructor(private readonly bounds: Bounds) {
    this.free = Array.from({ length: bounds.slots }, (_, index) => bounds.slots - 1 - index)
  }

  /**
   * @param who whose line it is
   * @param work gets the number of its slot, which nobody else has meanwhile
   * @throws {HttpError} `busy` when too many wait, or it waited too long
   */
  async run<Result>(who: string, work: (slot: number) => Promise<Result>): Promise<Result> {
    const slot = this.free.pop() ?? (await this.turn(who))
    try {
      return await work(slot)
    } finally {
      this.next(slot)
    }
  }

  /** For the metrics. */
  counts(): { running: number; waiting: number } {
    return { running: this.bounds.slots - this.free.length, waiting: this.waiting }
  }

  private turn(who: string): Promise<number> {
    const { queue, patience, busy } = this.bounds
    return new Promise((resolve, reject) => {
      const line = this.lines.get(who) ?? []
      if (this.waiting >= queue && !this.makeRoom(line.length)) return reject(busy())
      const timer = patience === undefined ? undefined : setTimeout(() => this.giveUp(who, waiting), patience)
      const over =
        <Value>(tell: (value: Value) => void) =>
        (value: Value) => {
          clearTimeout(timer)
          this.waiting--
          tell(value)
        }
      const waiting = { start: over(resolve), refuse: over(reject) }
      this.lines.set(who, line)
      line.push(waiting)
      this.waiting++
    })
  }

  /** The slot passes on without becoming free in between, so nobody overtakes. */
  private next(slot: number) {
    const [who, line] = this.lines.entries().next().value ?? []
    const first = line?.shift()
    if (who === undefined || !line || !first) return void this.free.push(slot)
    this.lines.delete(who)
    if (line.length > 0) this.lines.set(who, line)
    first.start(slot)
  }

  private giveUp(who: string, waiting: Waiting) {
    const line = this.lines.get(who)
    line?.splice(line.indexOf(waiting), 1)
    if (line?.length === 0) this.lines.delete(who)
    waiting.refuse(this.bounds.busy())
  }

  /** Who fills the queue keeps nobody else out: the last of the longest line gives way to a shorter one. */
  private makeRoom(ownLength: number): boolean {
    const longest = [...this.lines.values()].reduce<Waiting[]>((a, b) => (b.length > a.length ? b : a), [])
    if (longest.length <= ownLength + 1) return false
    longest.pop()?.refuse(this.bounds.busy())
    return true
  }
}
