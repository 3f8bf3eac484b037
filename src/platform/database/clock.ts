import { log } from '../log.js'
import { isSqlite } from './connection.js'

/**
 * How many readings of the clock are kept. The one with the shortest round trip counts, as in NTP (RFC 5905, 10), because a
 * delayed reading says little.
 */
const LOOKS = 8

/**
 * Milliseconds. A larger difference between two clocks is reported, and a smaller one means that they agree again. The shortest
 * time that nodes measure together is the first delay after failed sign-ins, 1 s. With a larger difference, it would be nothing
 * or twice as long.
 */
export const APART = 1000
const TOGETHER = 500

interface Difference {
  /** Milliseconds by which the database's clock is ahead of this node's. Negative if it is behind. */
  skew: number
  /**
   * Milliseconds by which that may be wrong. This is half of the round trip, because the database read its clock at some moment
   * of it.
   */
  doubt: number
}

let differences: Difference[] = []
let isApart = false

/** Notes what the database's clock said between two moments of this node's clock, in milliseconds since 1970. */
export function noteClock(theirs: number, sent: number, received: number): void {
  differences = [
    ...differences.slice(1 - LOOKS),
    { skew: theirs - (sent + received) / 2, doubt: (received - sent) / 2 },
  ]
}

/** The difference by the last readings. Nothing before the first. On SQLite there is only one clock. */
export function clockDifference(): Difference | undefined {
  if (isSqlite) return { skew: 0, doubt: 0 }
  const [first, ...others] = differences
  return first && others.reduce((best, other) => (other.doubt <= best.doubt ? other : best), first)
}

/** For a service: writes a line in the log when the clocks start to differ, and one when they agree again. */
export function tellOfClock(): void {
  const { skew, doubt } = clockDifference() ?? { skew: 0, doubt: 0 }
  const apart = isApart ? Math.abs(skew) > TOGETHER : Math.abs(skew) - doubt > APART
  if (apart === isApart) return
  isApart = apart
  const fields = { clock_skew_seconds: Math.round(skew) / 1000 }
  if (apart)
    log.warn(
      fields,
      `the clock of this node is ${textOf(skew)} that of the database: tokens end, and delays after wrong sign-ins, at other moments than on other nodes; set both by NTP`,
    )
  else log.info(fields, 'the clock of this node is together with that of the database again')
}

/** @returns text such as `3.2 s behind` */
export function textOf(skew: number): string {
  return `${(Math.abs(skew) / 1000).toFixed(1)} s ${skew > 0 ? 'behind' : 'ahead of'}`
}
