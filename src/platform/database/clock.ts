import { log } from '../log.js'
import { isSqlite } from './connection.js'

/** Looks of which the one with the shortest trip counts, as in NTP (RFC 5905, 10): what waited on its way tells little. */
const LOOKS = 8

/**
 * Milliseconds between two clocks that are told of, and within which they are together again. The shortest time that the nodes measure
 * together is the first delay after wrong sign-ins, 1 s: two clocks that are further apart make it nothing, or twice as long.
 */
export const APART = 1000
const TOGETHER = 500

interface Difference {
  /** Milliseconds that the database's clock is ahead of this node's; negative where it is behind. */
  skew: number
  /** Milliseconds by which that may be wrong: half of the trip, somewhere in which the database has looked at its clock. */
  doubt: number
}

let differences: Difference[] = []
let isApart = false

/** What the database's clock said, between two moments of this node's; milliseconds since 1970. */
export function noteClock(theirs: number, sent: number, received: number): void {
  differences = [
    ...differences.slice(1 - LOOKS),
    { skew: theirs - (sent + received) / 2, doubt: (received - sent) / 2 },
  ]
}

/** By the last looks; nothing before the first. On SQLite there is one clock. */
export function clockDifference(): Difference | undefined {
  if (isSqlite) return { skew: 0, doubt: 0 }
  const [first, ...others] = differences
  return first && others.reduce((best, other) => (other.doubt <= best.doubt ? other : best), first)
}

/** For a service: a line in the log when the clocks come apart, and one when they are together again. */
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

/** @returns as in `3.2 s behind` */
export function textOf(skew: number): string {
  return `${(Math.abs(skew) / 1000).toFixed(1)} s ${skew > 0 ? 'behind' : 'ahead of'}`
}
