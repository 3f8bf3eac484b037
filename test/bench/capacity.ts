import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { PostgresServer } from '../postgres.js'
import { actsOfNodes, costsOf, memoryOf, pollCost } from './capacity-costs.js'
import { type Measured, tell, tellModel } from './capacity-model.js'
import { checkModel } from './capacity-nodes.js'
import { fill } from './targets.js'

// npm run bench:capacity [-- sqlite,postgres,memory,acts,check,model]: what a request costs a node and PostgreSQL, and what follows for
// many nodes and tokens. What was measured is kept in build/capacity.json, so that a part can be measured again by itself.

const FILE = 'build/capacity.json'
const PARTS = ['sqlite', 'postgres', 'memory', 'acts', 'check', 'model'] as const

const chosen = process.argv[2]?.split(',') ?? PARTS
const does = (part: (typeof PARTS)[number]) => chosen.includes(part)

const room = await mkdtemp(join(tmpdir(), 'latchkey-capacity-'))
const measured: Measured = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {}
const postgres = chosen.some((part) => !['sqlite', 'model'].includes(part)) ? await PostgresServer.create() : undefined
try {
  const valuesFile = join(room, 'values.json')
  if (does('sqlite')) {
    const filled = { database: `sqlite:${join(room, 'capacity')}`, rows: 100_000, valuesFile }
    await fill(filled)
    keep({ sqlite: await costsOf(filled) })
  }
  if (postgres) {
    const filled = { database: await postgres.createDatabase('capacity'), rows: 100_000, valuesFile }
    await fill(filled)
    const server = { ...filled, postgres: postgres.pid }
    if (does('postgres')) keep({ postgres: await costsOf(server), poll: await pollCost(server) })
    if (does('memory')) keep(await memoryOf(server))
    if (does('acts')) keep({ acts: await actsOfNodes(server) })
    if (does('check')) keep({ check: await checkModel(server) })
  }
  tell(measured)
  if (does('model')) tellModel(measured)
} finally {
  await postgres?.remove()
  await rm(room, { recursive: true, force: true })
}

function keep(more: Measured) {
  const [cpu] = cpus()
  const machine = `${new Date().toISOString().slice(0, 10)}, Node.js ${process.version}, ${cpus().length} × ${cpu!.model}`
  Object.assign(measured, { machine }, more)
  mkdirSync('build', { recursive: true })
  writeFileSync(FILE, `${JSON.stringify(measured, null, 2)}\n`)
}
