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

/** What a sign-in gives back if its password is correct. */
export interface Attempt {
  succeeded: () => Promise<unknown>
  /** For an attempt whose password was never compared. */
  withdrawn: () => Promise<unknown>
}

/** Failures are counted per subject and day. A gate lets one attempt through and then stays closed for the delay. */
const failures = limiter('failures', 1_000_000, DAY)
const gates = limiter('gate', 1, 1)

/**
 * Counts an attempt before its password is hashed, so that simultaneous ones cannot slip by. It counts by username and address,
 * by address, by IPv6 site, and over all addresses from which this user never signed in. An account is never locked, and a known
 * address keeps its own budget.
 * @param username as it was sent. Only an HMAC of it is kept
 * @throws {HttpError} 429 with the seconds to wait
 */
export async function admitAttempt(username: string, address: string, isKnownAddress: boolean): Promise<Attempt> {
  const place = addressKey(address)
  const person = personOf(username)
  const site = isKnownAddress ? undefined : siteKey(address)
  const isThere = async (key: string) => (await failures.get(key)) !== null
  // Known addresses are limited by the rows of the database, so each has an entry of its own.
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
    // An attempt that was refused was no guess, so it does not count.
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

/** A username in the form that the counters and the queue use. */
export function personOf(username: string): string {
  return sign('throttle', username.normalize('NFKC').trim().toLowerCase())
}

interface Subject {
  key: string
  /** How many failures have no consequence. */
  free: number
  /**
   * Called for attempts beyond the free failures. @returns a function that lets another attempt through instead of this one
   * @throws {HttpError} 429
   */
  open: (key: string, beyond: number) => Promise<Undo>
}

type Undo = () => Promise<unknown>

/** The limiter throws the driver's own errors, which must be turned into an outage here. */
function orUnavailable<Result>(done: Promise<Result>): Promise<Result> {
  return done.catch((error: unknown) => {
    throw unavailable(error)
  })
}

/**
 * Counts a use by the user, or by the address if there is no authentication.
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
  // Many simultaneous attempts have seen the same earlier count. The order of counting decides.
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

/** The delay is one second, and doubles with each failure beyond the free ones. */
async function gate(key: string, beyond: number): Promise<Undo> {
  const delay = Math.min(LONGEST, 2 ** Math.min(beyond, 20))
  await gates.consume(key, 1, { customDuration: delay }).catch((rejection: unknown) => {
    throw rejection instanceof RateLimiterRes ? tooMany(rejection.msBeforeNext) : rejection
  })
  return () => gates.delete(key)
}

/** A new address that has not failed may still get a turn, before addresses that keep asking. */
async function byLot(what: string, place: string, pair: string): Promise<Undo> {
  // This attempt has already been counted.
  const failed = ((await failures.get(pair))?.consumedPoints ?? 0) > 1
  const drawn = await draw(what, place, { hasFailed: failed })
  if (typeof drawn === 'number') throw tooMany(drawn)
  return drawn
}

function tooMany(milliseconds: number): HttpError {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000))
  return new HttpError(429, `Too many attempts. Please try again in ${seconds} s.`, {
    retryAfter: seconds,
    headers: { RateLimit: `"tries";r=0;t=${seconds}` },
  })
}
