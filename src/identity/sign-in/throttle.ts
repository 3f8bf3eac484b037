import { RateLimiterRes } from 'rate-limiter-flexible'
import { addressKey, siteKey } from '../../platform/addresses.js'
import { HttpError, unavailable } from '../../platform/failures.js'
import { number, sign } from '../../platform/keys.js'
import { giveBack, limiter } from '../../platform/limiter.js'
import { draw } from './lot.js'

const DAY = 86_400

/** Failures a day before the delays begin, and the longest delay in seconds. */
const FREE = { site: 1000, address: 100, pair: 9, user: 50 }
const LONGEST = 900

/** Entries of a kind at most: strangers choose names and addresses, so those that have the same number share one. */
const MOST = 100_000

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
  const person = sign('throttle', username.normalize('NFKC').trim().toLowerCase())
  // There are as many known addresses as the database has rows; nobody shares their entries.
  const entry = isKnownAddress ? (kind: string, name: string) => `known ${kind} ${name}` : shared
  const pair = entry('pair', `${person} ${place}`)
  const user = shared('user', person)
  const site = isKnownAddress ? undefined : siteKey(address)
  const subjects: Subject[] = [
    ...(site === undefined ? [] : [{ key: shared('site', site), free: FREE.site, open: gate }]),
    { key: entry('address', place), free: FREE.address, open: gate },
    { key: pair, free: FREE.pair, open: gate },
    ...(isKnownAddress ? [] : [{ key: user, free: FREE.user, open: () => byLot(user, shared('who', place), pair) }]),
  ]
  const taken: string[] = []
  try {
    for (const subject of subjects) {
      await pass(subject)
      taken.push(subject.key)
    }
  } catch (refusal) {
    // What was refused was no guess: it counts for nobody.
    for (const key of taken) await Promise.all([giveBack(failures, key), gates.delete(key)]).catch(() => {})
    throw refusal instanceof HttpError ? refusal : unavailable(refusal)
  }
  const own = [pair, ...(isKnownAddress ? [] : [user])]
  return {
    withdrawn: () => orUnavailable(Promise.all(taken.map((key) => giveBack(failures, key)))),
    succeeded: () =>
      orUnavailable(
        Promise.all([
          ...taken.filter((key) => !own.includes(key)).map((key) => giveBack(failures, key)),
          ...own.flatMap((key) => [failures.delete(key), gates.delete(key)]),
        ]),
      ),
  }
}

interface Subject {
  key: string
  /** Failures that cost nothing. */
  free: number
  /** Asked beyond those. @throws {HttpError} 429 */
  open: (key: string, beyond: number) => Promise<void>
}

/** The limiter's errors are the driver's own, which nothing else takes for an outage. */
function orUnavailable<Result>(done: Promise<Result>): Promise<Result> {
  return done.catch((error: unknown) => {
    throw unavailable(error)
  })
}

/**
 * Counts a use without authentication by its address.
 * @throws {HttpError} 429
 */
export async function admitUse(what: string, address: string, mostPerMinute: number): Promise<void> {
  const key = shared(what, addressKey(address))
  const used = await orUnavailable(failures.penalty(key, 1, { customDuration: 60 }))
  if (used.consumedPoints > mostPerMinute) throw tooMany(used.msBeforeNext)
}

function shared(kind: string, name: string): string {
  return `${kind} ${number('throttle', `${kind} ${name}`) % MOST}`
}

async function pass({ key, free, open }: Subject) {
  const before = (await failures.get(key))?.consumedPoints ?? 0
  if (before >= free) await open(key, before - free)
  const { consumedPoints } = await failures.penalty(key)
  // Of many at the same moment each has seen the count from before; the order of counting decides.
  if (before >= free || consumedPoints <= free) return
  try {
    await open(key, consumedPoints - free - 1)
  } catch (refusal) {
    await giveBack(failures, key)
    throw refusal
  }
}

/** One second, doubling with each failure beyond the free ones. */
async function gate(key: string, beyond: number) {
  const delay = Math.min(LONGEST, 2 ** Math.min(beyond, 20))
  await gates.consume(key, 1, { customDuration: delay }).catch((rejection: unknown) => {
    throw rejection instanceof RateLimiterRes ? tooMany(rejection.msBeforeNext) : rejection
  })
}

/** Who is guessed from many addresses may come from a new one all the same: its chance is as good as that of each of them. */
async function byLot(user: string, who: string, pair: string) {
  // This try has been counted already.
  const failed = ((await failures.get(pair))?.consumedPoints ?? 0) > 1
  const wait = await draw(user, who, { hasFailed: failed })
  if (wait !== undefined) throw tooMany(wait)
}

function tooMany(milliseconds: number): HttpError {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000))
  return new HttpError(429, `Too many tries. Please try again in ${seconds} s.`, {
    retryAfter: seconds,
    headers: { RateLimit: `"tries";r=0;t=${seconds}` },
  })
}
