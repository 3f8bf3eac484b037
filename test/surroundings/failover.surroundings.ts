import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { FIRST, latchkey, ServerProcess } from '../process.js'
import { Traffic } from '../traffic.js'
import { Cluster, urlOf } from './installed.js'

const DATABASE = 'failed_over'

/** Milliseconds under load before the primary is killed, until the standby is promoted, and after it. */
const BEFORE = 4000
const UNNOTICED = 1500
const AFTER = 10_000

/** Milliseconds within which each node writes again. */
const BACK = 5000

describe('two nodes with both hosts of a synchronous pair in DATABASE_URL', function () {
  this.timeout(180_000)

  let primary: Cluster
  let standby: Cluster
  let env: { DATABASE_URL: string; LATCHKEY_SECRET_KEY: string }
  let nodes: ServerProcess[] = []
  let root: string

  before(async () => {
    primary = await Cluster.primary()
    await primary.query(`CREATE DATABASE ${DATABASE}`)
    standby = await primary.standby()
    await primary.waitForStandby()
    const DATABASE_URL = urlOf(DATABASE, primary.port, standby.port)
    env = { DATABASE_URL, LATCHKEY_SECRET_KEY: randomBytes(32).toString('base64') }
    nodes = [await ServerProcess.start({ ...env, ...FIRST }), await ServerProcess.start(env)]
    root = await nodes[0]!.signIn()
  })

  after(async () => {
    await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
    await standby?.remove()
    await primary?.remove()
  })

  it('lose no acknowledged write and let in no revoked token when the primary is killed, and write again within 5 s', async () => {
    const traffic = await Traffic.start(
      nodes.map(({ url }) => url),
      root,
    )
    await wait(BEFORE)
    const killed = performance.now()
    await primary.crash()
    await wait(UNNOTICED)
    await standby.promote()
    const promoted = performance.now()
    await wait(AFTER)
    await traffic.stop()

    const back = nodes.map((_, place) => traffic.backAfter(promoted, 'create', place))
    const outage = (promoted - killed).toFixed(0)
    for (const what of ['create', 'read', 'revocation', 'revoked'] as const) console.log(`      ${traffic.told(what)}`)
    const rows = await standby.query('SELECT empid FROM employees', DATABASE)
    const there = new Set(rows.map(({ empid }) => empid))
    const lost = traffic.created.filter((empid) => !there.has(empid))
    console.log(
      `      promoted ${outage} ms after the kill; ${traffic.created.length} creates and ${traffic.revoked.length} revocations` +
        ` acknowledged, ${lost.length} creates lost, ${traffic.letIn.length} revoked tokens let in;` +
        ` writes back ${back.map((milliseconds) => milliseconds.toFixed(0)).join(' and ')} ms after the promotion`,
    )
    expect(traffic.strange).to.deep.equal([])
    expect(lost).to.deep.equal([])
    expect(traffic.letIn).to.deep.equal([])
    for (const milliseconds of back) expect(milliseconds).to.be.below(BACK)
    expect(traffic.created.length).to.be.above(200)
    expect(traffic.revoked.length).to.be.above(20)
    for (const node of nodes)
      for (const { value } of traffic.revoked)
        expect((await node.fetch('/api/', { token: value })).status, 'revoked').to.equal(401)
    const verified = await latchkey(['events', 'verify'], env)
    expect(verified.code, verified.stderr).to.equal(0)
    expect(verified.stdout).to.match(/unbroken/)
  })
})
