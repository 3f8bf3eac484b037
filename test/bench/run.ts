import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { QUIET } from '../faults/edited.js'
import { PostgresServer } from '../postgres.js'
import { hasBetterAuth, startBetterAuth } from './better-auth.js'
import { type Figures, type Load, measure } from './measure.js'
import { hasNginx, startNginx, WITH_CHECK, WITHOUT_CHECK } from './nginx.js'
import { CHANGES, CHECKS, COMMON, OURS, type Scenario, THROUGH_NGINX } from './scenarios.js'
import { print, type Row } from './table.js'
import { type Filled, fill, startBare, startByHand, startOurs, type Target } from './targets.js'

// npm run bench [-- --quick] [-- --checks] [-- --profile]: our server and what a user would take instead, loaded in turn in one run.
// --quick is SQLite with few rows; --checks leaves out what does not concern other services, half of the time; --profile writes a
// CPU profile of reads into build/profile.

const has = (option: string) => process.argv.includes(option)

/** Each target is loaded so often, in turn with the others, so that what slows the machine slows all of them. */
const ROUNDS = 3
const SECONDS = has('--quick') ? 1 : 2
/** Before the first of them V8 has to learn what to optimize, for which it needs six seconds of load (measured). */
const WARM_UP = { first: has('--quick') ? 2 : 6, later: 2 }
const SIZES = has('--quick') ? [1000] : [1000, 1_000_000]

const SCENARIOS: Record<string, Scenario> = has('--checks')
  ? { 'read one': COMMON['read one']!, ...CHECKS, 'check, 403': OURS['check, 403']! }
  : { ...COMMON, ...CHECKS, ...OURS }

const room = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
const rows: Row[] = []
const warm = new Set<Target>()
const [withBetterAuth, withNginx] = has('--profile') ? [false, false] : [await hasBetterAuth(), hasNginx()]
const postgres = has('--quick') || has('--profile') ? undefined : await PostgresServer.create()
try {
  if (has('--profile')) await profile()
  else {
    for (const size of SIZES) await compare('SQLite', size, async (name) => `sqlite:${join(room, `${name}-${size}`)}`)
    if (postgres)
      for (const size of SIZES) await compare('PostgreSQL', size, (name) => postgres.createDatabase(`${name}_${size}`))
    print(rows)
  }
} finally {
  await postgres?.remove()
  await rm(room, { recursive: true, force: true })
}

async function compare(database: string, size: number, place: (name: string) => Promise<string>) {
  const filled: Filled = { database: await place('ours'), rows: size, valuesFile: join(room, 'values.json') }
  await fill(filled)
  const targets: Target[] = []
  try {
    targets.push(await startBare('node:http', 'node-http'), await startBare('Express', 'express'))
    targets.push(await startByHand({ ...filled, database: await place('by_hand') }))
    if (withBetterAuth) targets.push(await startBetterAuth({ ...filled, database: await place('better_auth') }))
    targets.push(await startOurs('Latchkey', filled))
    targets.push(
      await startOurs('without authentication', filled, {
        nodeOptions: [QUIET, '--import', './build/test/bench/open.js'],
      }),
    )
    for (const [name, scenario] of Object.entries(SCENARIOS))
      await compete(
        { database, size },
        { [name]: scenario },
        targets.filter((target) => canDo(target, name)),
      )
    await targets.pop()!.stop()
    // Twice as often: what is looked for is smaller than the machine's own swing.
    for (const scenarios of CHANGES) await compete({ database, size }, scenarios, [targets.at(-1)!], 2 * ROUNDS)
    await targets.pop()!.stop()
    if (withNginx) await throughNginx({ database, size }, filled, targets[0]!)
    if (database === 'PostgreSQL' && !has('--checks')) {
      const two = await startOurs('Latchkey, 2 processes', filled, { environment: { WEB_CONCURRENCY: '2' } })
      targets.push(two)
      for (const name of ['read one', 'create', 'mixed 90/10'])
        await compete({ database, size }, { [name]: COMMON[name]! }, [two])
    }
    keep()
  } finally {
    for (const target of targets) await target.stop()
  }
}

/** What the check costs a service that nginx stands before. */
async function throughNginx(about: Pick<Row, 'database' | 'size'>, filled: Filled, service: Target) {
  const targets = [await startOurs('Latchkey', filled, { environment: { LATCHKEY_TRUST_PROXY: '127.0.0.1' } })]
  try {
    for (const name of [WITHOUT_CHECK, WITH_CHECK]) targets.push(await startNginx(name, targets[0]!, service, room))
    for (const [name, scenario] of Object.entries(THROUGH_NGINX))
      await compete(about, { [name]: scenario }, targets.slice(1))
  } finally {
    for (const target of targets.reverse()) await target.stop()
  }
}

/** After each database, so that what fails later does not take it along. */
function keep() {
  mkdirSync('build', { recursive: true })
  const [cpu] = cpus()
  const machine = { date: new Date().toISOString(), node: process.version, cpu: cpu!.model, cores: cpus().length }
  writeFileSync('build/bench.json', `${JSON.stringify({ machine, rows }, null, 2)}\n`)
}

function canDo({ name }: Target, scenario: string) {
  if (name === 'node:http' || name === 'Express' || name === 'without authentication') return scenario === 'read one'
  if (name === 'Better Auth') return scenario in CHECKS
  return name === 'Latchkey' || scenario in COMMON
}

async function compete(
  about: Pick<Row, 'database' | 'size'>,
  scenarios: Record<string, Scenario>,
  targets: Target[],
  rounds = ROUNDS,
) {
  const loads: { target: Target; scenario: string; load: Load; figures: Figures[] }[] = []
  for (const [scenario, loadOf] of Object.entries(scenarios))
    for (const target of targets) loads.push({ target, scenario, load: await loadOf(target), figures: [] })
  for (const { target, load } of loads) {
    await measure(target.pid, load, warm.has(target) ? WARM_UP.later : WARM_UP.first)
    warm.add(target)
  }
  for (let round = 0; round < rounds; round++)
    for (const { target, load, figures } of loads) figures.push(await measure(target.pid, load, SECONDS))
  for (const { target, scenario, figures } of loads) {
    const { name, startTime } = target
    const row = { ...about, scenario, target: name, startTime, ...median(figures) }
    rows.push(row)
    console.error(`${about.database} ${about.size} ${scenario}: ${name} ${Math.round(row.requestsPerSecond)}/s`)
  }
}

/** The round in the middle by its speed. */
function median(rounds: Figures[]): Figures {
  return rounds.sort((a, b) => a.requestsPerSecond - b.requestsPerSecond)[Math.floor(rounds.length / 2)]!
}

async function profile() {
  const filled = { database: `sqlite:${join(room, 'ours')}`, rows: 1000, valuesFile: join(room, 'values.json') }
  await fill(filled)
  const nodeOptions = ['--cpu-prof', '--cpu-prof-dir=build/profile']
  const target = await startOurs('Latchkey', filled, { nodeOptions })
  const { requestsPerSecond } = await measure(
    target.pid,
    await COMMON[process.env.BENCH_SCENARIO ?? 'read one']!(target),
    10,
  )
  await target.stop()
  console.log(`${Math.round(requestsPerSecond)} reads a second; the profile is in build/profile`)
}
