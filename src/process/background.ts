import { pruneIdempotencyKeys } from '../api/idempotency.js'
import { pruneEvents } from '../audit/chain.js'
import { pruneHistory } from '../audit/history.js'
import { writeRefusals } from '../audit/refusals.js'
import { stopSweep, sweepRemovedScopes, sweepWhenDue } from '../identity/access/remove-scope.js'
import { writeUses } from '../identity/access/usage.js'
import type { Settings } from '../platform/config.js'
import { pruneChanges, unwatchEpoch, watchEpoch } from '../platform/database/epoch.js'
import { makeReserve } from '../platform/database/reserve.js'
import { pruneCounts } from '../platform/limiter.js'
import { log } from '../platform/log.js'

/** Milliseconds between the batches of last uses and refusals, and between two prunings. */
const BATCH = 5000
const PRUNE = 3_600_000

let timers: NodeJS.Timeout[] = []

/** What a serving process does beside answering. */
export function startBackground({ eventsMaxAge }: Pick<Settings, 'eventsMaxAge'>): void {
  watchEpoch()
  timers = [setInterval(() => void writeBatches(), BATCH), setInterval(() => void prune(eventsMaxAge), PRUNE)]
  for (const timer of timers) timer.unref()
  void prune(eventsMaxAge)
}

/** Writes what is still in memory. */
export async function stopBackground(): Promise<void> {
  unwatchEpoch()
  for (const timer of timers) clearInterval(timer)
  await stopSweep()
  await attempt('last uses', writeUses)
  await attempt('refusals', () => writeRefusals('all'))
}

async function writeBatches() {
  await attempt('last uses', writeUses)
  await attempt('refusals', () => writeRefusals('ended'))
  await attempt('removed scopes', sweepWhenDue)
}

async function prune(eventsMaxAge: number | undefined) {
  makeReserve()
  await attempt('idempotency keys', pruneIdempotencyKeys)
  await attempt('changes of rights', pruneChanges)
  await attempt('counts of tries', pruneCounts)
  await attempt('removed scopes', sweepRemovedScopes)
  if (eventsMaxAge === undefined) return
  await attempt('pruning', () => pruneEvents(eventsMaxAge))
  await attempt('pruning of the history', () => pruneHistory(eventsMaxAge))
}

/** A database that is away now is there later; nothing of this may end the process. */
async function attempt(what: string, work: () => Promise<unknown>) {
  await work().catch((error: unknown) => log.warn({ error }, `${what} could not be written; it is tried again`))
}
