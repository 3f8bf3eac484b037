import { FairLines } from './fair-lines.js'
import { type Asker, VirtualQueue } from './virtual-queue.js'

interface Waiting {
  asker: Asker
  start: () => void
  /** @param seconds after which to come back */
  refuse: (seconds: number) => void
}

interface Bounds {
  /** How many get their turn in a second now. */
  pace: () => number
  /** How many wait at most; the longest line gives way first. */
  room: number
  /** Milliseconds that one waits at most, however wrong the pace was; then it is told to come back as well. */
  patience: number
  /** What who finds no room is told, by the seconds after which to come back. */
  refusal: (seconds: number) => Error
}

/** Shares of the room: so long the queue still is when who was told to come back comes, and so short that nobody has to be kept out. */
const SHARES = { back: 0.5, open: 0.25 }

/**
 * Those who want the same: some wait here, and the others are told when to come back, so that each is refused a few times at most,
 * and who comes back finds room.
 */
export class Crowd {
  private readonly lines = new FairLines<Waiting>()
  private readonly outside = new VirtualQueue()

  get length(): number {
    return this.lines.length
  }

  /** Resolves when it is the turn of this one. @throws the refusal */
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

  /** @returns whether somebody waited, whose turn it is now */
  startNext(): boolean {
    const next = this.lines.shift()
    next?.start()
    return next !== undefined
  }

  /** Of who got a turn without waiting. */
  noteStart({ who }: Asker): void {
    this.outside.leave(who)
  }
}
