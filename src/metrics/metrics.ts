import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client'
import { cacheCounts } from '../identity/access/principal.js'
import { BUILT_IN } from '../identity/scopes/built-in.js'
import { loginCounts } from '../identity/sign-in/sign-in.js'
import { hashCounts, hashTimes } from '../identity/users/hash-gate.js'
import { clockDifference } from '../platform/database/clock.js'
import { connectionCounts, isSqlite } from '../platform/database/connection.js'
import { epochAge } from '../platform/database/epoch.js'
import { longReadCounts } from '../platform/database/long-reads.js'
import { sweepCounts } from '../platform/database/sweep.js'
import { groupSizes, waitingWrites } from '../platform/database/write-queue.js'

// Events are counted where they happen, in plain numbers that know nothing of Prometheus. Here they are read when somebody asks.
// Labels have few values: the name of an operation, never a path, and nobody's name.

/** Prometheus' text format. */
export const CONTENT_TYPE = register.contentType

/** In seconds. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

collectDefaultMetrics()
// If two scrapes follow each other closely, nothing is measured in between, and these would have no number.
for (const what of ['mean', 'stddev', 'min']) register.removeSingleMetric(`nodejs_eventloop_lag_${what}_seconds`)

const requests = new Counter({
  name: 'latchkey_requests_total',
  help: 'Requests by operationId, none for what is no operation, and by status, aborted where the client went away',
  labelNames: ['operation', 'status'],
})

const durations = new Histogram({
  name: 'latchkey_request_duration_seconds',
  help: 'How long requests took, by operationId',
  labelNames: ['operation'],
  buckets: DURATIONS,
})

/** Counts a finished response. It costs a request 1 µs (measured). */
export function countRequest(operation: string, status: number | 'aborted', seconds: number): void {
  requests.inc({ operation, status })
  durations.observe({ operation }, seconds)
}

const checks = new Counter({
  name: 'latchkey_checks_total',
  help: 'Checks for other services by scope, unknown for one that nobody was let in with, and by outcome',
  labelNames: ['scope', 'outcome'],
})

const OUTCOMES: Record<string, string> = {
  200: 'allowed',
  401: 'unauthenticated',
  403: 'forbidden',
  429: 'limited',
  503: 'unavailable',
}

/** The names that may be labels, because strangers can put any name into a path. */
const knownScopes = new Set(BUILT_IN.keys())

export function countCheck(scope: string, status: number | 'aborted'): void {
  if (status === 200) knownScopes.add(scope)
  checks.inc({ scope: knownScopes.has(scope) ? scope : 'unknown', outcome: OUTCOMES[status] ?? 'failed' })
}

/** What this process has counted, in Prometheus' text format. */
export function ownMetrics(): Promise<string> {
  return register.metrics()
}

readCounts('latchkey_login_attempts_total', 'Sign-ins by how they ended', 'outcome', loginCounts)
readCounts(
  'latchkey_principal_cache_lookups_total',
  'Credentials that were known from memory (hits) or had to be read (misses)',
  'result',
  cacheCounts,
)

new Gauge({
  name: 'latchkey_password_hashes',
  help: 'Password hashes that run, and that wait for one of the few slots',
  labelNames: ['state'],
  collect() {
    for (const [state, count] of Object.entries(hashCounts())) this.set({ state }, count)
  },
})

for (const [name, what, help] of [
  ['latchkey_password_hashes_total', 'count', 'Password hashes that are over'],
  ['latchkey_password_hash_seconds_total', 'seconds', 'Seconds that password hashes took, without their waiting'],
] as const)
  new Counter({
    name,
    help,
    collect() {
      this.reset()
      this.inc(hashTimes()[what])
    },
  })

new Gauge({
  name: 'latchkey_long_reads',
  help: 'Lists and counts that may look through a whole table: that run, and that wait for one of the few slots',
  labelNames: ['state'],
  collect() {
    for (const [state, count] of Object.entries(longReadCounts())) this.set({ state }, count)
  },
})

new Gauge({
  name: 'latchkey_epoch_lag_seconds',
  help: 'Time since the epoch of rights was last read; beyond 1 s each token is looked up in the database',
  aggregator: 'max',
  collect() {
    this.set(epochAge() / 1000)
  },
})

new Gauge({
  name: 'latchkey_clock_skew_seconds',
  help: "By how much the database's clock is ahead of this node's, 0 on SQLite",
  aggregator: 'average',
  collect() {
    const found = clockDifference()
    if (found) this.set(found.skew / 1000)
  },
})

new Counter({
  name: 'latchkey_pruned_rows_total',
  help: 'Rows that were deleted, or lost a removed scope, because nobody needs them any more, by kind',
  labelNames: ['kind'],
  collect() {
    this.reset()
    for (const [kind, { rows }] of sweepCounts) this.inc({ kind }, rows)
  },
})

new Gauge({
  name: 'latchkey_prune_last_timestamp_seconds',
  help: 'When the hourly pruning last came to its end, by kind',
  labelNames: ['kind'],
  aggregator: 'max',
  collect() {
    for (const [kind, { endedAt }] of sweepCounts) if (endedAt !== undefined) this.set({ kind }, endedAt / 1000)
  },
})

if (isSqlite) {
  new Gauge({
    name: 'latchkey_write_queue_length',
    help: 'Writes that wait for their turn',
    collect() {
      this.set(waitingWrites())
    },
  })
  const counted = new Map<number, number>()
  new Histogram({
    name: 'latchkey_write_group_size',
    help: 'Writes that shared one commit',
    buckets: [1, 2, 5, 10, 20, 50, 100],
    collect() {
      for (const [size, count] of groupSizes) {
        for (let group = counted.get(size) ?? 0; group < count; group++) this.observe(size)
        counted.set(size, count)
      }
    },
  })
} else
  new Gauge({
    name: 'latchkey_database_connections',
    help: 'Connections to PostgreSQL, used and idle, and those who wait for one',
    labelNames: ['state'],
    collect() {
      for (const [state, count] of Object.entries(connectionCounts())) this.set({ state }, count)
    },
  })

/** @param counts by the value of the label */
function readCounts(name: string, help: string, label: string, counts: Record<string, number>) {
  new Counter({
    name,
    help,
    labelNames: [label],
    collect() {
      this.reset()
      for (const [value, count] of Object.entries(counts)) this.inc({ [label]: value }, count)
    },
  })
}
