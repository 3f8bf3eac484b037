import { hitRate, revocationDelays, type Use } from './token-cache.js'

/** What a request of a kind costs: CPU in milliseconds of the node, and of PostgreSQL. */
export type Costs = Record<string, { requestsPerSecond: number; p99: number; cpu: number; postgres: number }>

export interface Acts {
  nodes: number
  perSecond: number
  failed: number
  /** Of CPU that nodes and PostgreSQL used. */
  cores: number
}

export interface Memory {
  /** Of a token that is remembered. */
  bytes?: number
  /** Seconds that it takes to write the use of one token. */
  use?: { seconds: number; cpu: number; postgres: number }
}

export interface Check {
  hits: { model: number; nodes: number }
  /** Milliseconds. */
  delay: { model: number; nodes: number; most: number }
}

export interface Measured extends Memory {
  machine?: string
  sqlite?: Costs
  postgres?: Costs
  /** Milliseconds of PostgreSQL's CPU. */
  poll?: number
  acts?: Acts[]
  check?: Check
}

const TOKENS = 10_000_000

/** Of a node's core, so that its responses stay fast. */
const BUSY = 0.6

/** Seconds between two writes of the use, and tokens that each has at most: `process/background.ts`, `identity/access/usage.ts`. */
const BATCH = { seconds: 5, most: 20_000 }

/** Milliseconds that a look at the epoch takes. */
const LOOK = 2

export function tell({ machine, sqlite, postgres, poll, acts, bytes, use, check }: Measured): void {
  console.log(`${machine}\n`)
  if (sqlite && postgres) {
    const heads = ['SQLite: ms', 'a core serves/s', 'PostgreSQL: ms', 'a core serves/s', 'ms of PostgreSQL itself']
    table(
      ['a request of', ...heads, 'a core of it serves/s'],
      Object.entries(postgres).map(([kind, found]) => {
        const own = sqlite[kind]!
        const cells = [own.cpu.toFixed(2), rate(own.cpu), found.cpu.toFixed(2), rate(found.cpu)]
        return [kind, ...cells, found.postgres.toFixed(3), rate(found.postgres)]
      }),
    )
  }
  if (poll) console.log(`\nA look at the epoch: ${poll.toFixed(3)} ms of PostgreSQL.`)
  if (use)
    console.log(
      `The use of a token: ${(use.cpu * 1000).toFixed(3)} ms of the node and ${(use.postgres * 1000).toFixed(3)} ms of PostgreSQL; that of ${grouped(BATCH.most)} takes ${(use.seconds * BATCH.most).toFixed(1)} s.`,
    )
  if (bytes) console.log(`A token that is remembered: ${Math.round(bytes)} bytes.`)
  if (acts) {
    console.log('')
    const rows = acts.map(({ nodes, perSecond, failed, cores }) => [
      nodes,
      Math.round(perSecond),
      failed,
      cores.toFixed(1),
    ])
    table(['nodes', 'revocations/s', 'failed', 'cores that were busy'], rows)
  }
  if (check)
    console.log(
      `\nTwo nodes that run: ${percent(check.hits.nodes)} of the tokens were remembered, the model says ${percent(check.hits.model)}; the other node refused after ${Math.round(check.delay.nodes)} ms, ${Math.round(check.delay.most)} at most, the model says ${Math.round(check.delay.model)} and 251.`,
    )
}

/** Milliseconds between a node and PostgreSQL, there and back, and until a commit is on disk, or on the standby too. */
const ROUND_TRIPS = [0.1, 0.5, 1]
const SYNCS = [0.1, 1, 5]

/**
 * Round trips for which a revocation holds the lock at the end of the trail: it appends the event, signs the end, raises the epoch and
 * commits. All nodes wait for the same lock, so their number changes nothing.
 */
const LOCKED = 4

function tellTrail(act: Costs[string]): void {
  // About half of what an act costs is done before the lock.
  const work = (act.cpu + act.postgres) / 2
  const rows = ROUND_TRIPS.map((trip) => [trip, ...SYNCS.map((sync) => grouped(1000 / (LOCKED * trip + sync + work)))])
  console.log('\nRevocations/s that the lock of the trail lets all nodes together do:\n')
  table(['ms of a round trip', ...SYNCS.map((sync) => `a commit takes ${sync} ms`)], rows)
}

/** 10,000,000 tokens on 1 to 100 nodes. */
export function tellModel({ postgres, poll, use }: Measured): void {
  if (!postgres || !poll || !use) return
  tellTrail(postgres['audited act: a token is revoked']!)
  const hits: (string | number)[][] = []
  for (const remembered of [10_000, 100_000, 1_000_000])
    for (const exponent of [0.8, 1, 1.2]) {
      const of = (routing: Use['routing']) =>
        percent(hitsOf({ tokens: TOKENS, nodes: 10, remembered, exponent, routing }))
      hits.push([grouped(remembered), exponent, of('any node'), of('by token')])
    }
  console.log('')
  table(['remembered', 'exponent', 'any node', '10 nodes, by token'], hits)
  const [read, miss] = [postgres['read by key']!, postgres['read by key, token not remembered']!]
  const lookUp = { cpu: miss.cpu - read.cpu, postgres: miss.postgres - read.postgres }
  console.log(
    `\nA look-up of a token: ${lookUp.cpu.toFixed(2)} ms of the node and ${lookUp.postgres.toFixed(3)} ms of PostgreSQL. Each node is busy with checks for ${BUSY * 100} % of a core.\n`,
  )
  const rows = []
  for (const [remembered, routing] of [
    [10_000, 'any node'],
    [1_000_000, 'any node'],
    [100_000, 'by token'],
  ] as const)
    for (const nodes of [1, 2, 10, 30, 100]) {
      const found = hitsOf({ tokens: TOKENS, exponent: 1, nodes, remembered, routing })
      const each = (BUSY * 1000) / (postgres.check!.cpu + (1 - found) * lookUp.cpu)
      const shared = routing === 'by token' ? nodes : 1
      const uses = Math.min(BATCH.most, distinct(each * BATCH.seconds, shared)) / BATCH.seconds
      const work = each * (1 - found) * lookUp.postgres + 4 * poll + uses * use.postgres * 1000
      const delays = revocationDelays(nodes, LOOK)
      const delay = [0.5, 0.99].map((share) => Math.round(delays[Math.floor(delays.length * share)]!))
      const perSecond = [each, each * (1 - found), 4, uses].map((count) => grouped(count * nodes))
      const cores = ((nodes * work) / 1000).toFixed(1)
      rows.push([nodes, grouped(remembered), routing, percent(found), ...perSecond, cores, delay.join(', ')])
    }
  const perSecond = ['checks/s', 'look-ups/s', 'looks at the epoch/s', 'uses written/s']
  const last = ['cores of PostgreSQL', 'revoked everywhere after ms, p50 and p99']
  table(['nodes', 'remembered', 'routing', 'hits', ...perSecond, ...last], rows)
}

const known = new Map<string, number>()

function hitsOf(use: Use): number {
  // Where any node may be asked, each sees the same use.
  const told = { ...use, nodes: use.routing === 'any node' ? 1 : use.nodes }
  const key = JSON.stringify(told)
  const hits = known.get(key) ?? hitRate(told, Math.max(200_000, 4 * use.remembered))
  known.set(key, hits)
  return hits
}

/**
 * Different tokens among so many requests of one node, by Zipf's law with the exponent 1.
 * @param nodes that share the tokens among them
 */
function distinct(requests: number, nodes: number): number {
  const sum = Math.log(TOKENS) + 0.5772
  let count = 0
  // By ranges that grow: within one the tokens are used about equally.
  for (let rank = 1; rank <= TOKENS; ) {
    const until = Math.min(TOKENS + 1, Math.ceil(rank * 1.1))
    const uses = (nodes * requests) / (((rank + until - 1) / 2) * sum)
    count += ((until - rank) / nodes) * (1 - Math.exp(-uses))
    rank = until
  }
  return count
}

function table(heads: string[], rows: (string | number)[][]) {
  console.log(`| ${heads.join(' | ')} |\n|${heads.map(() => '--:|').join('')}`)
  for (const cells of rows) console.log(`| ${cells.join(' | ')} |`)
}

function rate(milliseconds: number): string {
  return milliseconds > 0.001 ? grouped(1000 / milliseconds) : ''
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function grouped(number: number): string {
  return (number < 10 ? Number(number.toFixed(1)) : Math.round(number)).toLocaleString('en-US')
}
