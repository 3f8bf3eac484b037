import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { isSqlite } from '../../src/platform/database/connection.js'
import { type Database, freshDatabase } from '../databases.js'
import type { ServerProcess } from '../process.js'
import { type Create, createAll, empidsOf, startServer, type Told, tokenOf } from './creates.js'
import { expectIntegrity } from './integrity.js'

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 4)
const CLIENTS = 50

/** Milliseconds from a start to its first answer. */
const RESTART = 5000

describe('a server that is killed', function () {
  this.timeout(ROUNDS * 20_000)

  let database: Database
  let server: ServerProcess
  let token: string
  let sent: number

  beforeEach(async () => {
    database = await freshDatabase()
    server = await startServer(database.env)
    token = await tokenOf(server)
    sent = 0
  })

  afterEach(async () => {
    await server.stop('SIGKILL')
    await database.remove()
  })

  it('at any moment has every acknowledged create once, and no row that nobody sent', async () => {
    const told: Told = { acknowledged: [], unanswered: [] }
    const restarts: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      let killed: Promise<unknown> | undefined
      const creates = await createAll(server, {
        token,
        clients: CLIENTS,
        next: nextWithOrWithoutKey,
        acknowledged: () => {
          killed ??= wait(randomInt(200, 600)).then(() => server.stop('SIGKILL'))
        },
      })
      await killed
      restarts.push(await restart())
      if (isSqlite) await expectIntegrity(database.folder)
      // Retried with their keys, both kinds of create are there.
      const keyed = [...creates.unanswered, ...creates.acknowledged.slice(-20)].filter(({ key }) => key)
      expect((await createEach(keyed)).acknowledged).to.have.lengthOf(keyed.length)
      told.acknowledged.push(...creates.acknowledged)
      told.unanswered.push(...creates.unanswered)
      await expectRows([...told.acknowledged, ...told.unanswered.filter(({ key }) => key)], told.unanswered)
    }
    const keyed = told.unanswered.filter(({ key }) => key)
    console.log(
      `      ${ROUNDS} kills: ${told.acknowledged.length} acknowledged, 0 lost, 0 double; ${told.unanswered.length} without an ` +
        `answer, ${keyed.length} of them retried with their key; first answer after ${Math.max(...restarts).toFixed(0)} ms at most`,
    )
    expect(told.acknowledged.length).to.be.above(ROUNDS * 20)
  })

  it('between commit and answer makes no second row when the creates are retried with their keys', async () => {
    let [retried, kept] = [0, 0]
    for (let round = 0; round < ROUNDS; round++) {
      await server.stop('SIGKILL')
      server = await startServer({
        ...database.env,
        NODE_OPTIONS: '--import ./build/test/faults/kill-before-answer.js',
      })
      const creates = Array.from({ length: CLIENTS }, () => ({ empid: ++sent, key: `create-${sent}` }))
      const { unanswered } = await createEach(creates)
      expect(unanswered).to.have.lengthOf(CLIENTS)
      await restart()
      const before = await empidsOf(server, token)
      const left = creates.filter(({ empid }) => before.includes(empid))
      expect(left, 'committed before it was killed').not.to.deep.equal([])
      expect((await createEach(creates)).acknowledged).to.have.lengthOf(CLIENTS)
      await expectRows(
        Array.from({ length: sent }, (_, index) => ({ empid: index + 1 })),
        [],
      )
      if (isSqlite) await expectIntegrity(database.folder)
      retried += CLIENTS
      kept += left.length
    }
    console.log(`      ${ROUNDS} kills: ${retried} creates retried, ${kept} of which had been made: 0 double`)
  })

  async function restart(): Promise<number> {
    const started = performance.now()
    server = await startServer(database.env)
    expect((await server.fetch('/api/emp_viewset?limit=1', { token })).status).to.equal(200)
    const taken = performance.now() - started
    expect(taken, 'milliseconds until the first answer').to.be.below(RESTART)
    return taken
  }

  function nextWithOrWithoutKey(): Create {
    const empid = ++sent
    return empid % 2 === 0 ? { empid } : { empid, key: `create-${empid}` }
  }

  function createEach(creates: Create[]): Promise<Told> {
    const left = [...creates]
    return createAll(server, { token, clients: CLIENTS, next: () => left.shift() })
  }

  /** Those that must be there are, once; others only when they may. */
  async function expectRows(must: Create[], may: Create[]) {
    const found = await empidsOf(server, token)
    const wanted = must.map(({ empid }) => empid)
    const allowed = new Set([...must, ...may].map(({ empid }) => empid))
    expect(new Set(found).size, 'rows that are there twice').to.equal(found.length)
    expect(
      wanted.filter((empid) => !found.includes(empid)),
      'lost',
    ).to.deep.equal([])
    expect(
      found.filter((empid) => !allowed.has(empid)),
      'sent by nobody',
    ).to.deep.equal([])
  }
})
