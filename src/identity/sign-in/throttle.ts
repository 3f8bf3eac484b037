import { RateLimiterRes } from 'rate-limiter-flexible'
import { addressKey, siteKey } from '../../platform/addresses.js'
import { HttpError, unavailable } from '../../platform/failures.js'
import { sign } from '../../platform/keys.js'
import { giveBack, limiter } from '../../platform/limiter.js'
import { entryOf, noteEntry, sharedEntry } from './entries.js'
import { draw } from './lot.js'

const DAY = 86_400

/** Failures a day before the delays begin, and the longest delay in seconds. */
const FREE = { site: 1000, address: 100, pair: 9, user: 50 }
const LONGEST = 900

/** What a sign-in has to give back when it turns out right. */
export interface Attempt {
  succeeded: () => Promise<unknown>
  /** For a try whose password was never compared. */
  withdrawn: () => Promise<unknown>
}

/** Failures are counted per subject and day; a gate lets one try through and stays closed for the delay. */
const failures = limiter('failures', 1_000_000, DAY)
const gates = limiter('gate', 1, 1)

/**
 * Counts a try before its password is hashed, so that simultaneous ones cannot slip by: by username and address, by
 * address, by IPv6 site, and over all addresses from which this user never signed in. An account is never locked, and a known
 * address keeps its own budget.
 * @param username as it was sent; it is kept as an HMAC only
 * @throws {HttpError} 429 with the seconds to wait
 */
export async function admitAttempt(username: string, address: string, isKnownAddress: boolean): Promise<Attempt> {
  const place = addressKey(address)
  const person = personOf(username)
  const site = isKnownAddress ? undefined : siteKey(address)
  const isThere = async (key: string) => (await failures.get(key)) !== null
  // There are as many known addresses as the database has rows; nobody shares their entries.
  const entry = (kind: string, name: string) => (isKnownAddress ? `${kind} ${name}` : entryOf(kind, name, isThere))
  const taken: { key: string; close?: Undo }[] = []
  const own: string[] = []
  const withdraw = () => Promise.all(taken.flatMap(({ key, close }) => [takeBack(key), close?.()]))
  try {
    const [ofSite, ofAddress, pair, user] = await Promise.all([
      site && entry('site', site),
      entry('address', place),
      entry('pair', `${person} ${place}`),
      entry('user', person),
    ])
    own.push(pair, ...(isKnownAddress ? [] : [user]))
    const subjects: Subject[] = [
      { key: ofAddress, free: FREE.address, open: gate },
      { key: pair, free: FREE.pair, open: gate },
      ...(ofSite ? [{ key: ofSite, free: FREE.site, open: () => byLot(ofSite, place, pair) }] : []),
      ...(isKnownAddress ? [] : [{ key: user, free: FREE.user, open: () => byLot(user, place, pair) }]),
    ]
    for (const subject of subjects) taken.push({ key: subject.key, close: await pass(subject) })
  } catch (refusal) {
    // What was refused was no guess: it counts for nobody.
    await withdraw().catch(() => {})
    throw refusal instanceof HttpError ? refusal : unavailable(refusal)
  }
  return {
    withdrawn: () => orUnavailable(withdraw()),
    succeeded: () =>
      orUnavailable(
        Promise.all([
          ...taken.filter(({ key }) => !own.includes(key)).map(({ key }) => takeBack(key)),
          ...own.flatMap((key) => [forget(key), gates.delete(key)]),
        ]),
      ),
  }
}

/** A username as the counters and the queue keep it. */
export function personOf(username: string): string {
  return sign('throttle', username.normalize('NFKC').trim().toLowerCase())
}

interface Subject {
  key: string
  /** Failures that cost nothing. */
  free: number
  /** Asked beyond those. @returns what lets another try through instead of this one @throws {HttpError} 429 */
  open: (key: string, beyond: number) => Promise<Undo>
}

type Undo = () => Promise<unknown>

/** The limiter's errors are the driver's own, which nothing else takes for an outage. */
function orUnavailable<Result>(done: Promise<Result>): Promise<Result> {
  return done.catch((error: unknown) => {
    throw unavailable(error)
  })
}

/**
 * Counts a use by the user, or by the address where there is no authentication.
 * @throws {HttpError} 429
 */
export async function admitUse(what: string, who: { userId: number } | string, mostPerMinute: number): Promise<void> {
  const key = sharedEntry(what, typeof who === 'string' ? addressKey(who) : `user ${who.userId}`)
  const used = await orUnavailable(failures.penalty(key, 1, { customDuration: 60 }))
  if (used.consumedPoints > mostPerMinute) throw tooMany(used.msBeforeNext)
}

async function pass({ key, free, open }: Subject): Promise<Undo | undefined> {
  const before = (await failures.get(key))?.consumedPoints ?? 0
  const close = before >= free ? await open(key, before - free) : undefined
  const { consumedPoints } = await failures.penalty(key)
  if (consumedPoints === 1) noteEntry(1)
  // Of many at the same moment each has seen the count from before; the order of counting decides.
  if (close || consumedPoints <= free) return close
  try {
    return await open(key, consumedPoints - free - 1)
  } catch (refusal) {
    await takeBack(key)
    throw refusal
  }
}

async function takeBack(key: string) {
  if (await giveBack(failures, key)) noteEntry(-1)
}

async function forget(key: string) {
  if (await failures.delete(key)) noteEntry(-1)
}

/** One second, doubling with each failure beyond the free ones. */
async function gate(key: string, beyond: number): Promise<Undo> {
  const delay = Math.min(LONGEST, 2 ** Math.min(beyond, 20))
  await gates.consume(key, 1, { customDuration: delay }).catch((rejection: unknown) => {
    throw rejection instanceof RateLimiterRes ? tooMany(rejection.msBeforeNext) : rejection
  })
  return () => gates.delete(key)
}

/** Whoever has not failed may come from a new address all the same, before those who keep asking. */
async function byLot(what: string, place: string, pair: string): Promise<Undo> {
  // This try has been counted already.
  const failed = ((await failures.get(pair))?.consumedPoints ?? 0) > 1
  const drawn = await draw(what, place, { hasFailed: failed })
  if (typeof drawn === 'number') throw tooMany(drawn)
  return drawn
}

function tooMany(milliseconds: number): HttpError {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000))
  return new HttpError(429, `Too many tries. Please try again in ${seconds} s.`, {
    retryAfter: seconds,
    headers: { RateLimit: `"tries";r=0;t=${seconds}` },
  })
}
