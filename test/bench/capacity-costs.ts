import { execFile } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import autocannon from 'autocannon'
import type { Acts, Costs, Memory } from './capacity-model.js'
import { cpuFrom } from './cpu.js'
import { type Load, measure } from './measure.js'
import { CHECKS, COMMON, OURS, type Scenario } from './scenarios.js'
import { type Filled, SECRET, startOurs, type Target } from './targets.js'

/** Of a load, of what goes before it, and of a node that is asked nothing. */
const SECONDS = { load: 4, warmUp: 3, idle: 10 }

/** A database that is filled, and the server of it. */
export interface Database extends Filled {
  /** The process that started PostgreSQL. */
  postgres?: number
}

const KINDS: Record<string, Scenario> = {
  check: CHECKS.check!,
  'read by key': COMMON['read one']!,
  'list of 100': COMMON['list of 100']!,
  'read by key, token not remembered': OURS['token that is not in memory']!,
  create: COMMON.create!,
  update: COMMON.update!,
  'audited act: a token is revoked': (target) => revocations(target, 0),
}

/** What a request of each kind costs, in a process of its own. */
export async function costsOf(database: Database): Promise<Costs> {
  const costs: Costs = {}
  const target = await startOurs('one node', database)
  try {
    for (const [kind, scenario] of Object.entries(KINDS))
      costs[kind] = await costOf(target, await scenario(target), database)
  } finally {
    await target.stop()
  }
  for (const cost of [12, 10]) {
    const environment = { LATCHKEY_PASSWORD_COST: String(cost) }
    const other = await startOurs('one node', database, { environment })
    try {
      costs[`sign-in, password at cost ${cost}`] = await costOf(other, await COMMON.gettoken!(other), database)
    } finally {
      await other.stop()
    }
  }
  return costs
}

async function costOf({ pid }: Target, load: Load, { postgres }: Database) {
  await measure(pid, load, SECONDS.warmUp)
  const used = postgres ? cpuFrom(postgres) : () => 0
  const { requestsPerSecond, p99, cpu } = await measure(pid, load, SECONDS.load)
  return { requestsPerSecond, p99, cpu: cpu / 1000, postgres: (used() / (requestsPerSecond * SECONDS.load)) * 1000 }
}

/** Parts of the tokens with values, which were inserted last: each is revoked once. */
const TOKEN_PARTS = 8

function revocations({ url, token, rows, values }: Target, part: number): Load {
  let next = rows + 1 + part * Math.floor(values.length / TOKEN_PARTS)
  const request: autocannon.Request = {
    method: 'DELETE',
    path: '/',
    headers: { authorization: `Token ${token}` },
    setupRequest: (request) => ({ ...request, path: `/api/tokens/${next++}` }),
  }
  return { url, requests: [request], connections: 8, status: 204 }
}

/** Milliseconds of PostgreSQL's CPU that a look at the epoch costs: what a node makes it do that is asked nothing. */
export async function pollCost(database: Database): Promise<number> {
  const target = await startOurs('idle', database)
  try {
    await wait(2000)
    const used = cpuFrom(database.postgres!)
    await wait(SECONDS.idle * 1000)
    return (used() / (SECONDS.idle * 4)) * 1000
  } finally {
    await target.stop()
  }
}

/** Revocations a second of several nodes at once, each of which takes the lock at the end of the trail. */
export async function actsOfNodes(database: Database): Promise<Acts[]> {
  const found: Acts[] = []
  let part = 1
  for (const count of [1, 2, 4]) {
    const nodes = await Promise.all(Array.from({ length: count }, () => startOurs('node', database)))
    try {
      const used = [...nodes.map(({ pid }) => pid), database.postgres!].map(cpuFrom)
      const loads = await Promise.all(
        nodes.map((node) => {
          const { url, requests, connections } = revocations(node, part++)
          return autocannon({ url, requests, connections, duration: SECONDS.load })
        }),
      )
      const total = loads.reduce((sum, { requests }) => sum + requests.total, 0)
      const failed = loads.reduce((sum, { non2xx, errors }) => sum + non2xx + errors, 0)
      const cores = used.reduce((sum, seconds) => sum + seconds(), 0) / SECONDS.load
      found.push({ nodes: count, perSecond: total / SECONDS.load, failed, cores })
    } finally {
      for (const node of nodes) await node.stop()
    }
  }
  return found
}

export async function memoryOf({ database, valuesFile, postgres }: Database): Promise<Memory> {
  const { stdout } = await promisify(execFile)(process.execPath, ['build/test/bench/remembered.js'], {
    env: {
      ...process.env,
      DATABASE_URL: database,
      LATCHKEY_SECRET_KEY: SECRET,
      BENCH_VALUES: valuesFile,
      BENCH_POSTGRES_PID: String(postgres),
    },
  })
  return JSON.parse(stdout) as Memory
}
