import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { onSqlite } from '../databases.js'
import type { ServerProcess } from '../process.js'
import { createAll, empidsOf, startServer, tokenOf } from './creates.js'
import { Disk } from './disk.js'
import { edited } from './edited.js'
import { expectIntegrity } from './integrity.js'

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 2)
const CLIENTS = 32

/** Of a server that syncs only at checkpoints, and does not notice it. */
const NORMAL = edited(
  { file: 'platform/database/sqlite.js', from: 'synchronous = FULL', to: 'synchronous = NORMAL' },
  { file: 'platform/database/sqlite.js', from: 'synchronous: 2', to: 'synchronous: 1' },
)

onSqlite('a power cut', function () {
  this.timeout(ROUNDS * 30_000)

  let disk: Disk
  let server: ServerProcess
  let token: string
  let sent: number
  let acknowledged: number[]

  beforeEach(async () => {
    disk = await Disk.make()
    sent = 0
    acknowledged = []
  })

  afterEach(async () => {
    await server.stop('SIGKILL')
    await disk.remove()
  })

  it('loses no acknowledged create', async () => {
    await start()
    for (let round = 0; round < ROUNDS; round++) {
      await createUntilKilled()
      await cutPower()
      await start()
      expect(await lost()).to.deep.equal([])
      await expectIntegrity(disk.folder)
    }
    console.log(`      ${ROUNDS} power cuts: ${acknowledged.length} acknowledged, 0 lost`)
    expect(acknowledged.length).to.be.above(ROUNDS * 40)
  })

  it('loses acknowledged creates of a server with synchronous=NORMAL: this test would tell', async () => {
    await start(NORMAL)
    await createUntilKilled()
    await cutPower()
    await start()
    const missing = await lost()
    console.log(
      `      1 power cut with synchronous=NORMAL: ${acknowledged.length} acknowledged, ${missing.length} lost`,
    )
    expect(missing).not.to.deep.equal([])
  })

  async function start(env: Record<string, string> = {}) {
    server = await startServer({ ...disk.env(), ...env })
    token = await tokenOf(server)
  }

  async function createUntilKilled() {
    let killed: Promise<unknown> | undefined
    const told = await createAll(server, {
      token,
      clients: CLIENTS,
      next: () => ({ empid: ++sent }),
      acknowledged: () => {
        killed ??= wait(randomInt(300, 800)).then(() => server.stop('SIGKILL'))
      },
    })
    await killed
    acknowledged.push(...told.acknowledged.map(({ empid }) => empid))
  }

  async function cutPower() {
    const before = disk
    disk = await Disk.make(before)
    await before.remove()
  }

  /** Acknowledged, and not there. */
  async function lost(): Promise<number[]> {
    const found = new Set(await empidsOf(server, token))
    for (const empid of found) expect(empid, 'sent by nobody').to.be.at.most(sent)
    return acknowledged.filter((empid) => !found.has(empid))
  }
})
