import type { Figures } from './measure.js'
import { WITH_CHECK, WITHOUT_CHECK } from './nginx.js'

/** What one target did under one load. */
export interface Row extends Figures {
  database: string
  size: number
  scenario: string
  target: string
  startTime: number
}

/** A ratio that has to hold, or is only told: speed of the first over speed of the second. */
interface Goal {
  scenario: string
  target: string
  over: string
  overScenario?: string
  least?: number
}

const GOALS: Goal[] = [
  { scenario: 'read one', target: 'Latchkey', over: 'by hand', least: 3 },
  { scenario: 'read one', target: 'Latchkey', over: 'Express', least: 0.6 },
  { scenario: 'list of 100', target: 'Latchkey', over: 'by hand', least: 2 },
  { scenario: '401 by junk token', target: 'Latchkey', over: 'Express', overScenario: 'read one', least: 0.8 },
  { scenario: 'read one', target: 'Latchkey', over: 'without authentication', least: 0.95 },
  { scenario: 'check', target: 'Latchkey', over: 'Express', overScenario: 'read one', least: 1.1 },
  ...['check', 'check, 401', 'check, 300 tokens'].map((scenario) => ({
    scenario,
    target: 'Latchkey',
    over: 'Better Auth',
  })),
  ...['read', 'check'].flatMap((kind) =>
    [20, 60].map((rate) => ({
      scenario: `${kind}, 300 tokens, ${rate} changes/s`,
      target: 'Latchkey',
      over: 'Latchkey',
      overScenario: `${kind}, 300 tokens, no changes`,
      least: 0.85,
    })),
  ),
]

/** What must cost the same with many rows, as a share of the speed with few. */
const GROWTH = ['read one', 'page from the middle by cursor', 'gettoken', 'token that is not in memory']

/** Writes the figures and the ratios as docs/performance.md has them; `build/bench.json` has p50, CPU and each memory besides. */
export function print(rows: Row[]): void {
  const groups = groupsOf(rows)
  const places = groups.map(({ database, size }) => `${database} ${grouped(size)}`)
  console.log(`| requests/s (p99 in ms) | by | ${places.join(' | ')} |`)
  console.log(`|---|---|${'--:|'.repeat(groups.length)}`)
  for (const [scenario, target] of kindsOf(rows)) {
    const cells = groups.map(({ database, size }) => {
      const row = look(rows, database, size, scenario, target)
      return row ? `${grouped(row.requestsPerSecond)} (${grouped(row.p99)})` : ''
    })
    console.log(`| ${[scenario, target, ...cells].join(' | ')} |`)
  }
  console.log('\n| ratio | wanted | requests/s | CPU of the server |\n|---|--:|---|---|')
  for (const goal of GOALS) {
    const measured = groups.flatMap(({ database, size }) => ratio(rows, database, size, goal) ?? [])
    if (measured.length === 0) continue
    const [speed, cpu] = [measured.map(({ speed }) => speed.toFixed(2)), measured.map(({ cpu }) => cpu.toFixed(2))]
    const name = `${goal.scenario}: ${goal.target} / ${goal.over}`
    console.log(`| ${name} | ${goal.least ?? ''} | ${speed.join(', ')} | ${cpu.join(', ')} |`)
  }
  for (const scenario of GROWTH)
    for (const database of new Set(rows.map((row) => row.database))) {
      const [few, many] = rows.filter(
        (row) => row.database === database && row.scenario === scenario && row.target === 'Latchkey',
      )
      if (!few || !many) continue
      const [speed, cpu] = [few.requestsPerSecond / many.requestsPerSecond, many.cpu / few.cpu]
      const name = `${database}, ${scenario}: 1,000 / 1,000,000 rows`
      console.log(`| ${name} | at most 1.2 | ${speed.toFixed(2)} | ${cpu.toFixed(2)} |`)
    }
  const costs = groups.flatMap(({ database, size }) => costThroughNginx(rows, database, size) ?? [])
  if (costs.length > 0)
    console.log(
      `\nThe check through nginx at one connection: ${costs.map((cost) => cost.toFixed(2)).join(', ')} ms (at most 0.25).`,
    )
  const starts = groups.map(({ database, size }) => find(rows, database, size, 'read one', 'Latchkey').startTime)
  console.log(`\nStart to first response: ${starts.map((time) => Math.round(time)).join(', ')} ms.`)
  const memory = groups.map(({ database, size }) =>
    Math.max(
      ...rows.filter((row) => isOurs(row) && row.database === database && row.size === size).map(({ rss }) => rss),
    ),
  )
  console.log(`Most memory after a load: ${memory.map((megabytes) => Math.round(megabytes)).join(', ')} MB.`)
}

function isOurs({ target }: Row) {
  return target === 'Latchkey'
}

/** What was done by whom, in order. */
function kindsOf(rows: Row[]): [scenario: string, target: string][] {
  const scenarios = [...new Set(rows.map(({ scenario }) => scenario))]
  return scenarios.flatMap((scenario) => {
    const targets = rows.filter((row) => row.scenario === scenario).map(({ target }) => target)
    return [...new Set(targets)].map((target): [string, string] => [scenario, target])
  })
}

/** Each database and size, in order. */
function groupsOf(rows: Row[]): Row[] {
  return rows.filter(({ scenario, target }) => scenario === 'read one' && target === 'Latchkey')
}

/**
 * How many times as fast, and how many times as little CPU: the latter says the same while other work shares the machine.
 * @returns nothing where one of the two was not measured
 */
function ratio(rows: Row[], database: string, size: number, { scenario, target, over, overScenario = scenario }: Goal) {
  const [ours, theirs] = [look(rows, database, size, scenario, target), look(rows, database, size, overScenario, over)]
  return ours && theirs && { speed: ours.requestsPerSecond / theirs.requestsPerSecond, cpu: theirs.cpu / ours.cpu }
}

/** @returns milliseconds that a request takes longer */
function costThroughNginx(rows: Row[], database: string, size: number): number | undefined {
  const [asks, asksNot] = [WITH_CHECK, WITHOUT_CHECK].map((target) =>
    look(rows, database, size, 'through nginx, 1 connection', target),
  )
  return asks && asksNot && 1000 / asks.requestsPerSecond - 1000 / asksNot.requestsPerSecond
}

function find(rows: Row[], database: string, size: number, scenario: string, target: string): Row {
  return look(rows, database, size, scenario, target)!
}

/** @returns nothing where SQLite cannot do it */
function look(rows: Row[], database: string, size: number, scenario: string, target: string): Row | undefined {
  return rows.find(
    (row) => row.database === database && row.size === size && row.scenario === scenario && row.target === target,
  )
}

function grouped(number: number): string {
  return (number < 10 ? Number(number.toFixed(1)) : Math.round(number)).toLocaleString('en-US')
}
