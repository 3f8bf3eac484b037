import { FairLines } from './fair-lines.js'
import { type Asker, VirtualQueue } from './virtual-queue.js'

interface Waiting {
  asker: Asker
  start: () => void
  /** @param seconds after which to come back */
  refuse: (seconds: number) => void
}

interface Bounds {
  /** How many get a turn per second at the moment. */
  pace: () => number
  /** How many may wait. The longest line gives way first. */
  room: number
  /** The longest wait in milliseconds, however wrong the pace was. After that, the one who waits is told to come back. */
  patience: number
  /** The error for somebody who finds no room, with the seconds after which to come back. */
  refusal: (seconds: number) => Error
}

/**
 * Shares of the room. `back`: how long the queue still is when somebody who was told to come back comes. `open`: how short it is
 * when nobody needs to be kept out.
 */
const SHARES = { back: 0.5, open: 0.25 }

/**
 * Everybody who wants the same thing. Some wait here, and the others are told when to come back. So each is refused a few times
 * at most, and somebody who comes back finds room.
 */
export class Crowd {
  private readonly lines = new FairLines<Waiting>()
  private readonly outside = new VirtualQueue()

  get length(): number {
    return this.lines.length
  }

  /**
   * Resolves when this one gets a turn.
   * @throws the refusal
   */
  turn(asker: Asker, { pace, room, patience, refusal }: Bounds): Promise<void> {
    return new Promise((resolve, reject) => {
      const ahead = this.outside.ahead(asker)
      const isRoom = this.length < SHARES.open * room || this.length + ahead < room
      const last = !isRoom && this.length >= room ? this.lines.giveWay(asker.line) : undefined
      const told = (other: Asker) =>
        this.outside.keep(other, (this.length + this.outside.ahead(other) - SHARES.back * room) / pace())
      if (!isRoom && !last) return reject(refusal(told(asker)))
      this.outside.leave(asker.who)
      const timer = setTimeout(() => {
        this.lines.remove(asker.line, waiting)
        waiting.refuse(told(asker))
      }, patience)
      const over =
        <Value>(tell: (value: Value) => void) =>
        (value: Value) => {
          clearTimeout(timer)
          tell(value)
        }
      const refuse = over((seconds: number) => reject(refusal(seconds)))
      const waiting: Waiting = { asker, start: over(resolve), refuse }
      this.lines.push(asker.line, waiting)
      last?.refuse(told(last.asker))
    })
  }

  /** @returns whether somebody waited, who gets the turn now */
  startNext(): boolean {
    const next = this.lines.shift()
    next?.start()
    return next !== undefined
  }

  /** Notes somebody who got a turn without waiting. */
  noteStart({ who }: Asker): void {
    this.outside.leave(who)
  }
}
