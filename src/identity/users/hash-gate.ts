import { addressKey } from '../../platform/addresses.js'
import { Crowd } from '../../platform/crowd.js'
import { HttpError } from '../../platform/failures.js'
import { HASHES, PASSWORD_COST } from '../../platform/shares.js'
import { traced } from '../../platform/tracing.js'
import type { Asker } from '../../platform/virtual-queue.js'

/**
 * Who wants a hash. Known is who has signed in from the same address before, or has shown another credential: each is a line of
 * its own, so that those of one office have the turns of as many. Strangers share those of their address.
 */
export interface Hasher extends Asker {
  isKnown: boolean
}

/** Hashes in a row of which one is a stranger's, while both kinds wait. */
const ROUND = 4

/** How many strangers wait. */
const STRANGERS = 32

/**
 * Seconds in which it is the turn of the last of the known ones who wait: some clients hang up after ten (OkHttp). More of them than
 * the last figure wait outside, however fast the machine is.
 */
const KNOWN = { seconds: 8, most: 1000 }

/** Milliseconds that anybody waits at most: a socket on which nothing goes for 20 s is ended. */
const PATIENCE = 15_000

/** The share of the last hash in the measured time of one. */
const NEWEST = 0.1

const known = new Crowd()
const strangers = new Crowd()
let free = HASHES
let turns = 0

/** Milliseconds of a hash; until one is measured, as on a machine of 2020. */
let each = 250 * 2 ** (PASSWORD_COST - 12)

const done = { count: 0, seconds: 0 }

/**
 * Runs a password hash when one of the few slots is free.
 * @throws {HttpError} 503 when too many wait, with the seconds until it is likely to be the turn of this one
 */
export async function withHashSlot<Result>(who: Hasher, hash: () => Promise<Result>): Promise<Result> {
  const [own, other] = who.isKnown ? [known, strangers] : [strangers, known]
  const pace = () => {
    const share = other.length === 0 ? 1 : (who.isKnown ? ROUND - 1 : 1) / ROUND
    return (share * HASHES * 1000) / each
  }
  const patient = Math.max(STRANGERS, Math.floor(pace() * KNOWN.seconds))
  const room = who.isKnown ? Math.min(KNOWN.most, patient) : STRANGERS
  if (free > 0) {
    free--
    own.noteStart(who)
  } else await own.turn(who, { pace, room, patience: PATIENCE, refusal: busy })
  const started = performance.now()
  try {
    return await traced('password hash', {}, hash)
  } finally {
    note(performance.now() - started)
    next()
  }
}

/**
 * Who tries a password.
 * @param person by a name that tells nothing
 * @param isKnown whether this person has signed in from there before
 */
export function tryingAt(person: string, address: string, isKnown: boolean): Hasher {
  const who = `${person} ${addressKey(address)}`
  return { who, line: isKnown ? who : addressKey(address), isKnown }
}

/** Who has shown another credential, whose password is set. */
export function provenAt(address: string): Hasher {
  return { who: addressKey(address), line: addressKey(address), isKnown: true }
}

/** Hashes of this process; for the metrics. */
export function hashCounts(): { running: number; waiting: number } {
  return { running: HASHES - free, waiting: known.length + strangers.length }
}

/** Those that are over, and the seconds that they took together; for the metrics. */
export const hashTimes = (): Readonly<typeof done> => done

/** The slot passes on without becoming free in between, so nobody overtakes. */
function next() {
  turns = (turns + 1) % ROUND
  const [first, second] = turns === 0 ? [strangers, known] : [known, strangers]
  if (!first.startNext() && !second.startNext()) free++
}

function note(milliseconds: number) {
  done.count++
  each += Math.max(NEWEST, 1 / done.count) * (milliseconds - each)
  done.seconds += milliseconds / 1000
}

function busy(retryAfter: number) {
  return new HttpError(503, `Too many sign-ins at the same time. Please try again in ${retryAfter} s.`, { retryAfter })
}
