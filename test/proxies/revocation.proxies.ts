import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { type Database, freshDatabase } from '../databases.js'
import { PostgresServer } from '../postgres.js'
import { Clients, countsOf } from './clients.js'
import { Gate, NGINX } from './gates.js'
import { Authority, type Person } from './people.js'
import { EchoService } from './service.js'

/** Clients of each token, each on a connection that is kept. */
const CLIENTS = 20

let service: EchoService
let room: string

before(async () => {
  service = await EchoService.start()
  service.remembers = false
  room = await mkdtemp('build/proxies-')
})

after(async () => {
  service?.close()
  await rm(room, { recursive: true, force: true })
})

describe('a revocation, through nginx', function () {
  this.timeout(120_000)

  /** Revokes while clients ask. @returns how many were let in, and how many of them asked later than so many ms after it */
  async function round(
    revoker: Authority,
    user: Person,
    gate: Gate,
    { late, watched }: { late: number; watched: number },
  ) {
    const { id, value } = await revoker.give(user)
    const clients = Clients.of(gate.port, { count: CLIENTS, lines: { authorization: `Token ${value}` }, pause: 2 })
    await wait(150)
    await revoker.revoke(id)
    const revoked = performance.now()
    await wait(watched)
    const seen = await clients.stop()
    const letIn = seen.filter(({ status }) => status === 200)
    const after = letIn.filter(({ started }) => started > revoked)
    return {
      seen,
      late: after.filter(({ started }) => started > revoked + late).length,
      last: Math.max(0, ...after.map(({ started }) => started - revoked)),
    }
  }

  async function rounds(count: number, run: () => ReturnType<typeof round>) {
    const all: Awaited<ReturnType<typeof round>>[] = []
    for (let number = 0; number < count; number++) all.push(await run())
    const seen = all.flatMap(({ seen }) => seen)
    const late = all.reduce((sum, { late }) => sum + late, 0)
    const last = Math.max(...all.map(({ last }) => last))
    console.log(
      `      ${count} rounds: ${countsOf(seen)}; the last that was let in began ${last.toFixed(0)} ms after it; ${late} too late`,
    )
    expect(seen.filter(({ status }) => status === 200)).to.have.length.above(count * CLIENTS)
    expect([...new Set(seen.map(({ status }) => status))].sort()).to.deep.equal([200, 401])
    expect(late).to.equal(0)
  }

  it('by one process lets in nobody who asks after its response', async () => {
    const database: Database = await freshDatabase()
    const latchkey = await Authority.start(database.env)
    const user = await latchkey.add()
    const gate = await Gate.start(NGINX, { latchkey: [latchkey.port], service: service.port, room })
    try {
      await rounds(20, () => round(latchkey, user, gate, { late: 0, watched: 150 }))
    } finally {
      await gate.stop()
      await latchkey.stop()
      await database.remove()
    }
  })

  it('by one of two nodes on PostgreSQL lets in nobody who asks later than a second after its response', async () => {
    const postgres = await PostgresServer.create()
    const url = await postgres.createDatabase('latchkey')
    const key = randomBytes(32).toString('base64')
    const nodes = [await Authority.start({ DATABASE_URL: url, LATCHKEY_SECRET_KEY: key })]
    try {
      nodes.push(await nodes[0]!.node())
      const user = await nodes[0]!.add()
      const places = { latchkey: [nodes[0]!.port, nodes[1]!.port] as [number, number], service: service.port, room }
      const gate = await Gate.start(NGINX, places)
      try {
        let turn = 0
        await rounds(10, () => round(nodes[turn++ % 2]!, user, gate, { late: 1000, watched: 1300 }))
      } finally {
        await gate.stop()
      }
    } finally {
      await Promise.all(nodes.map((node) => node.stop()))
      await postgres.remove()
    }
  })
})

describe('a check through nginx', function () {
  this.timeout(120_000)

  it('costs less than a millisecond on one connection that is kept', async () => {
    const database = await freshDatabase()
    const latchkey = await Authority.start(database.env)
    try {
      const { value } = await latchkey.give(await latchkey.add())
      await latchkey.stop('SIGTERM')
      const env = { ...process.env, LATCHKEY_SECRET_KEY: '', LATCHKEY_LOG_LEVEL: 'info', ...latchkey.env }
      const { stdout } = await promisify(execFile)(process.execPath, ['build/test/proxies/latency.js', value, room], {
        env,
      })
      const [without, checked] = JSON.parse(stdout) as [number, number]
      const cost = checked - without
      console.log(
        `      ${without.toFixed(3)} ms without, ${checked.toFixed(3)} ms with it: ${cost.toFixed(3)} for the check`,
      )
      expect(cost).to.be.below(1)
    } finally {
      await latchkey.stop()
      await database.remove()
    }
  })
})
