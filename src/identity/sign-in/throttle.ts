import { RateLimiterRes } from 'rate-limiter-flexible'
import { addressKey } from '../../platform/addresses.js'
import { HttpError, unavailable } from '../../platform/failures.js'
import { sign } from '../../platform/keys.js'
import { limiter } from '../../platform/limiter.js'

const DAY = 86_400

/** Failures before the delays begin, and the longest delay in seconds. */
const FREE = { pair: 9, address: 100, user: 50 }
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
 * address, and over all addresses from which this user never signed in. An account is never locked, and a known address
 * keeps its own budget.
 * @param username as it was sent; it is kept as an HMAC only
 * @throws {HttpError} 429 with the seconds to wait
 */
export async function admitAttempt(username: string, address: string, isKnownAddress: boolean): Promise<Attempt> {
  const place = addressKey(address)
  const person = sign('throttle', username.normalize('NFKC').trim().toLowerCase())
  const subjects: [key: string, free: number][] = [
    [`address ${place}`, FREE.address],
    [`pair ${person} ${place}`, FREE.pair],
    ...(isKnownAddress ? [] : ([[`user ${person}`, FREE.user]] as [string, number][])),
  ]
  const taken: string[] = []
  try {
    for (const [key, free] of subjects) {
      await pass(key, free)
      taken.push(key)
    }
  } catch (refusal) {
    // What was refused was no guess: it counts for nobody.
    for (const key of taken) await Promise.all([failures.reward(key), gates.delete(key)]).catch(() => {})
    throw refusal instanceof HttpError ? refusal : unavailable(refusal)
  }
  return {
    withdrawn: () => orUnavailable(Promise.all(subjects.map(([key]) => failures.reward(key)))),
    succeeded: () =>
      orUnavailable(
        Promise.all([
          failures.reward(`address ${place}`),
          ...subjects.slice(1).flatMap(([key]) => [failures.delete(key), gates.delete(key)]),
        ]),
      ),
  }
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
  const key = `${what} ${addressKey(address)}`
  const used = await orUnavailable(failures.penalty(key, 1, { customDuration: 60 }))
  if (used.consumedPoints > mostPerMinute) throw tooMany(used.msBeforeNext)
}

async function pass(key: string, free: number) {
  const before = (await failures.get(key))?.consumedPoints ?? 0
  if (before >= free) await gate(key, before - free)
  const { consumedPoints } = await failures.penalty(key)
  // Of many at the same moment each has seen the count from before; the order of counting decides.
  if (before >= free || consumedPoints <= free) return
  try {
    await gate(key, consumedPoints - free - 1)
  } catch (refusal) {
    await failures.reward(key)
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

function tooMany(milliseconds: number): HttpError {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000))
  return new HttpError(429, `Too many tries. Please try again in ${seconds} s.`, {
    retryAfter: seconds,
    headers: { RateLimit: `"tries";r=0;t=${seconds}` },
  })
}
