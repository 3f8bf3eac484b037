import type { Figures } from './measure.js'

/** What one target did under one load. */
export interface Row extends Figures {
  database: string
  size: number
  scenario: string
  target: string
  startTime: number
}

/** A ratio that has to hold: speed of the first over speed of the second. */
interface Goal {
  scenario: string
  target: string
  over: string
  overScenario?: string
  least: number
}

const GOALS: Goal[] = [
  { scenario: 'read one', target: 'Latchkey', over: 'by hand', least: 3 },
  { scenario: 'read one', target: 'Latchkey', over: 'Express', least: 0.6 },
  { scenario: 'list of 100', target: 'Latchkey', over: 'by hand', least: 2 },
  { scenario: '401 by junk token', target: 'Latchkey', over: 'Express', overScenario: 'read one', least: 0.8 },
  { scenario: 'read one', target: 'Latchkey', over: 'without authentication', least: 0.95 },
]

/** What must cost the same with many rows, as a share of the speed with few. */
const GROWTH = ['read one', 'page from the middle by cursor', 'gettoken', 'token that is not in memory']

/** Writes the figures and the ratios as the README has them. */
export function print(rows: Row[]): void {
  console.log('| database | employees and tokens | work | target | requests/s | p50 ms | p99 ms | CPU µs | RSS MB |')
  console.log('|---|--:|---|---|--:|--:|--:|--:|--:|')
  for (const { database, size, scenario, target, requestsPerSecond, p50, p99, cpu, rss } of rows) {
    const numbers = [requestsPerSecond, p50, p99, cpu, rss].map((number) => grouped(number))
    console.log(`| ${[database, grouped(size), scenario, target, ...numbers].join(' | ')} |`)
  }
  console.log('\n| ratio | wanted | measured |\n|---|--:|---|')
  for (const goal of GOALS) {
    const measured = groupsOf(rows).map(({ database, size }) => ratio(rows, database, size, goal).toFixed(2))
    console.log(`| ${goal.scenario}: ${goal.target} / ${goal.over} | ${goal.least} | ${measured.join(', ')} |`)
  }
  for (const scenario of GROWTH)
    for (const database of new Set(rows.map((row) => row.database))) {
      const sizes = rows
        .filter((row) => row.database === database && row.scenario === scenario && row.target === 'Latchkey')
        .map(({ requestsPerSecond }) => requestsPerSecond)
      if (sizes.length > 1)
        console.log(
          `| ${database}, ${scenario}: 1,000 / 1,000,000 rows | at most 1.2 | ${(sizes[0]! / sizes[1]!).toFixed(2)} |`,
        )
    }
  const starts = groupsOf(rows).map(
    ({ database, size }) => find(rows, database, size, 'read one', 'Latchkey').startTime,
  )
  console.log(`| start to first answer, ms | at most 1000 | ${starts.map((time) => Math.round(time)).join(', ')} |`)
}

/** Each database and size, in order. */
function groupsOf(rows: Row[]): Row[] {
  return rows.filter(({ scenario, target }) => scenario === 'read one' && target === 'Latchkey')
}

function ratio(rows: Row[], database: string, size: number, { scenario, target, over, overScenario = scenario }: Goal) {
  const ours = find(rows, database, size, scenario, target)
  return ours.requestsPerSecond / find(rows, database, size, overScenario, over).requestsPerSecond
}

function find(rows: Row[], database: string, size: number, scenario: string, target: string): Row {
  return rows.find(
    (row) => row.database === database && row.size === size && row.scenario === scenario && row.target === target,
  )!
}

function grouped(number: number): string {
  return (number < 10 ? Number(number.toFixed(1)) : Math.round(number)).toLocaleString('en-US')
}
