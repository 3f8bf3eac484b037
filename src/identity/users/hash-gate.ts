import { addressKey } from '../../platform/addresses.js'
import { Crowd } from '../../platform/crowd.js'
import { HttpError } from '../../platform/failures.js'
import { HASHES, PASSWORD_COST } from '../../platform/shares.js'
import { traced } from '../../platform/tracing.js'
import type { Asker } from '../../platform/virtual-queue.js'

/**
 * Who wants a hash. A user is known if they have signed in from the same address before, or have shown another credential. Each
 * known user has a line of their own, so the users of one office get the turns of as many. Strangers at one address share a line.
 */
export interface Hasher extends Asker {
  isKnown: boolean
}

/** While both kinds wait, one in this many hashes is a stranger's. */
const ROUND = 4

/** How many strangers may wait. */
const STRANGERS = 32

/**
 * Seconds within which the last of the waiting known users gets a turn, because some clients hang up after ten (OkHttp). No more
 * than `most` may wait, however fast the machine is.
 */
const KNOWN = { seconds: 8, most: 1000 }

/** The most milliseconds that anybody waits. A socket that is idle for 20 s is closed. */
const PATIENCE = 15_000

/** The weight of the latest hash in the measured time of a hash. */
const NEWEST = 0.1

const known = new Crowd()
const strangers = new Crowd()
let free = HASHES
let turns = 0

/** Milliseconds of a hash. Until one is measured, the time on a machine of 2020. */
let each = 250 * 2 ** (PASSWORD_COST - 12)

const done = { count: 0, seconds: 0 }

/**
 * Runs a password hash when one of the few slots is free.
 * @throws {HttpError} 503 if too many wait, with the seconds until this one is likely to get a turn
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
 * Somebody who tries a password.
 * @param person a name that reveals nothing
 * @param isKnown whether this person has signed in from there before
 */
export function tryingAt(person: string, address: string, isKnown: boolean): Hasher {
  const who = `${person} ${addressKey(address)}`
  return { who, line: isKnown ? who : addressKey(address), isKnown }
}

/** Somebody who has shown another credential and whose password is set. */
export function provenAt(address: string): Hasher {
  return { who: addressKey(address), line: addressKey(address), isKnown: true }
}

/** The hashes of this process, for the metrics. */
export function hashCounts(): { running: number; waiting: number } {
  return { running: HASHES - free, waiting: known.length + strangers.length }
}

/** Finished hashes, and the seconds that they took together, for the metrics. */
export const hashTimes = (): Readonly<typeof done> => done

/** The slot is handed on without becoming free in between, so nobody overtakes. */
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
