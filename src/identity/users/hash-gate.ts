import { addressKey } from '../../platform/addresses.js'
import { HttpError } from '../../platform/failures.js'
import { FairGate } from '../../platform/fair-gate.js'
import { HASHES } from '../../platform/shares.js'
import { traced } from '../../platform/tracing.js'

const gate = new FairGate({
  slots: HASHES,
  /** Each takes a quarter of a second, so the last of 32 waits 4 s on two cores. */
  queue: 32,
  busy: () => new HttpError(503, 'Too many sign-ins at the same time. Please try again.', { retryAfter: 2 }),
})

/**
 * Runs a password hash when one of the few slots is free; addresses take turns.
 * @param address who asks; the operator's own commands may all use one text
 * @throws {HttpError} 503 when too many wait; the longest line gives way first
 */
export function withHashSlot<Result>(address: string, hash: () => Promise<Result>): Promise<Result> {
  return gate.run(addressKey(address), () => traced('password hash', {}, hash))
}

/** Hashes of this process; for the metrics. */
export function hashCounts(): { running: number; waiting: number } {
  return gate.counts()
}
