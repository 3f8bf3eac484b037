import type { HttpError } from './failures.js'
import { FairLines } from './fair-lines.js'

interface Waiting {
  start: (slot: number) => void
  refuse: (reason: HttpError) => void
}

interface Bounds {
  /** How many run at once. */
  slots: number
  /** How many may wait. The longest line gives way first. */
  queue: number
  /** The longest wait in milliseconds. */
  patience: number
  /** The error for one that does not get in. */
  busy: () => HttpError
}

/** Lets a few in at a time. Those who wait take turns by user, so that one who asks for much keeps nobody out. */
export class FairGate {
  private readonly lines = new FairLines<Waiting>()
  private readonly free: number[]

  constructor(private readonly bounds: Bounds) {
    this.free = Array.from({ length: bounds.slots }, (_, index) => bounds.slots - 1 - index)
  }

  /**
   * @param who the name of the line
   * @param work gets the number of its slot, which is its own meanwhile
   * @throws {HttpError} `busy` if too many wait, or if it waited too long
   */
  async run<Result>(who: string, work: (slot: number) => Promise<Result>): Promise<Result> {
    const slot = this.free.pop() ?? (await this.turn(who))
    try {
      return await work(slot)
    } finally {
      // The slot is handed on without becoming free in between, so nobody overtakes.
      const next = this.lines.shift()
      if (next) next.start(slot)
      else this.free.push(slot)
    }
  }

  /** For the metrics. */
  counts(): { running: number; waiting: number } {
    return { running: this.bounds.slots - this.free.length, waiting: this.lines.length }
  }

  private turn(who: string): Promise<number> {
    const { queue, patience, busy } = this.bounds
    return new Promise((resolve, reject) => {
      if (this.lines.length >= queue) {
        const last = this.lines.giveWay(who)
        if (!last) return reject(busy())
        last.refuse(busy())
      }
      const timer = setTimeout(() => {
        this.lines.remove(who, waiting)
        reject(busy())
      }, patience)
      const over =
        <Value>(tell: (value: Value) => void) =>
        (value: Value) => {
          clearTimeout(timer)
          tell(value)
        }
      const waiting = { start: over(resolve), refuse: over(reject) }
      this.lines.push(who, waiting)
    })
  }
}
