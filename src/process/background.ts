import { writeRefusals } from '../audit/refusals.js'
import { stopSweep, sweepRemovedScopes, sweepWhenDue } from '../identity/access/remove-scope.js'
import { writeUses } from '../identity/access/usage.js'
import type { Settings } from '../platform/config.js'
import { unwatchEpoch, watchEpoch } from '../platform/database/epoch.js'
import { makeReserve } from '../platform/database/reserve.js'
import { sweep } from '../platform/database/sweep.js'
import { log } from '../platform/log.js'
import { type Ages, sweepsOf } from './housekeeping.js'

/** Milliseconds between the batches of last uses and refusals, and between two prunings. */
const BATCH = 5000
const PRUNE = 3_600_000

let timers: NodeJS.Timeout[] = []

/** A pruning takes longer than an hour if there is much to delete. The next one is then left out. */
let pruning: Promise<void> | undefined
let isStopped = false

/** Starts what a serving process does besides answering requests. */
export function startBackground(settings: Settings): void {
  watchEpoch()
  isStopped = false
  const prune = () => {
    pruning ??= pruneAll(settings).finally(() => {
      pruning = undefined
    })
  }
  timers = [setInterval(() => void writeBatches(), BATCH), setInterval(prune, PRUNE)]
  for (const timer of timers) timer.unref()
  prune()
}

/** Writes what is still in memory. */
export async function stopBackground(): Promise<void> {
  unwatchEpoch()
  isStopped = true
  for (const timer of timers) clearInterval(timer)
  await stopSweep()
  await pruning
  await attempt('last uses', writeUses)
  await attempt('refusals', () => writeRefusals('all'))
}

async function writeBatches() {
  await attempt('last uses', writeUses)
  await attempt('refusals', () => writeRefusals('ended'))
  await attempt('removed scopes', sweepWhenDue)
}

async function pruneAll(ages: Ages) {
  makeReserve()
  await attempt('removed scopes', sweepRemovedScopes)
  const gone: Record<string, number> = {}
  for (const what of sweepsOf(ages))
    await attempt(`pruning of ${what.kind}`, async () => {
      const rows = await sweep(what, { isStopped: () => isStopped })
      if (rows > 0) gone[what.kind] = rows
    })
  if (Object.keys(gone).length > 0) log.info({ rows: gone }, 'pruned what nobody needs any more')
}

/** A database that is unavailable now will be back later. No failure here may end the process. */
async function attempt(what: string, work: () => Promise<unknown>) {
  await work().catch((error: unknown) => log.warn({ error }, `${what} could not be written; it is tried again`))
}
