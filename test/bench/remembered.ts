import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { principalOf } from '../../src/identity/access/principal.js'
import { noteUse, writeUses } from '../../src/identity/access/usage.js'
import { settings } from '../../src/platform/config.js'
import { sequelize } from '../../src/platform/database/connection.js'
import { unwatchEpoch, watchEpoch } from '../../src/platform/database/epoch.js'
import { REMEMBERED_TOKENS } from '../../src/platform/shares.js'
import { prepare } from '../../src/process/prepare.js'
import { cpuFrom } from './cpu.js'

// Prints, as JSON, what it costs to remember the tokens of BENCH_VALUES and to write their use, in a process that does nothing else.

/** Tokens whose use is written at a time, and how often: the first use from a network is an event, which is another measurement. */
const USED = 5000
const ROUNDS = 3

const values = JSON.parse(readFileSync(process.env.BENCH_VALUES!, 'utf8')) as string[]
const postgres = Number(process.env.BENCH_POSTGRES_PID)
const at = { address: '203.0.113.9', agent: 'bench', scopes: ['employees:read'] }

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

await prepare(settings())
watchEpoch()
const count = Math.min(values.length - 1, REMEMBERED_TOKENS)
await principalOf(values.at(-1)!, 'lk')
const before = heap()
for (const value of values.slice(0, count)) await principalOf(value, 'lk')
const bytes = (heap() - before) / count
const use = { seconds: 0, cpu: 0, postgres: 0 }
for (let round = 0; round < ROUNDS; round++) {
  for (const value of values.slice(0, USED)) noteUse(await principalOf(value, 'lk'), at)
  const started = { at: performance.now(), own: process.cpuUsage(), postgres: cpuFrom(postgres) }
  await writeUses()
  const { user, system } = process.cpuUsage(started.own)
  use.seconds = (performance.now() - started.at) / 1000 / USED
  use.cpu = (user + system) / 1e6 / USED
  use.postgres = started.postgres() / USED
}
console.log(JSON.stringify({ bytes, use }))
unwatchEpoch()
await sequelize.close()

function heap(): number {
  collect()
  return process.memoryUsage().heapUsed
}
