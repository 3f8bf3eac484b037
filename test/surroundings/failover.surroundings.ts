import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { FIRST, latchkey, ServerProcess } from '../process.js'
import { failOver } from './failing-over.js'
import { Cluster, urlOf } from './installed.js'

const DATABASE = 'failed_over'

/** Milliseconds for which the old primary is there again. */
const RETURNED = 6000

/** Milliseconds within which a node knows what another one has revoked. */
const LEASE = 1000

describe('two nodes with both hosts of a synchronous pair in DATABASE_URL', function () {
  this.timeout(180_000)

  let primary: Cluster
  let standby: Cluster
  let env: { DATABASE_URL: string; LATCHKEY_SECRET_KEY: string }
  let nodes: ServerProcess[] = []
  let root: string
  /** A token that both servers know, and whose revocation only the new one does. */
  let leaked: { id: number; token: string }

  before(async () => {
    primary = await Cluster.primary()
    await primary.query(`CREATE DATABASE ${DATABASE}`)
    standby = await primary.standby()
    await primary.waitForStandby()
    const DATABASE_URL = urlOf(DATABASE, primary.port, standby.port)
    env = { DATABASE_URL, LATCHKEY_SECRET_KEY: randomBytes(32).toString('base64') }
    nodes = [await ServerProcess.start({ ...env, ...FIRST }), await ServerProcess.start(env)]
    root = await nodes[0]!.signIn()
    const json = { name: 'leaked', scopes: ['employees:read'] }
    leaked = (await (await nodes[0]!.fetch('/api/tokens', { token: root, json })).json()) as typeof leaked
  })

  after(async () => {
    await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
    await standby?.remove()
    await primary?.remove()
  })

  it('lose no acknowledged write and let in no revoked token when the primary is killed, and write again within 5 s', async () => {
    await failOver({ primary, standby, database: DATABASE, nodes, env, root })
  })

  it('write nothing to the old primary that comes back as it was, and let in nobody by it, also where they start anew', async () => {
    const revoked = await nodes[0]!.fetch(`/api/tokens/${leaked.id}`, { token: root, method: 'DELETE' })
    expect(revoked.status).to.equal(204)
    await primary.start()
    const before = await rowsOf(primary)
    nodes.push(await ServerProcess.start(env))
    await wait(LEASE)
    const statuses: Record<'create' | 'leaked', Record<number, number>> = { create: {}, leaked: {} }
    let empid = 1_000_000
    for (const end = performance.now() + RETURNED; performance.now() < end; ) {
      // Each connection is made anew, and the old primary stands first in the URL.
      await standby.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${DATABASE}' AND pid <> pg_backend_pid()`,
      )
      for (let index = 0; index < 10; index++)
        for (const node of nodes) {
          const json = { empid: ++empid, empname: 'late', salary: 1 }
          const created = await node.fetch('/api/emp_viewset', { token: root, json })
          const read = await node.fetch('/api/', { token: leaked.token })
          for (const [what, { status }] of [['create', created] as const, ['leaked', read] as const])
            statuses[what][status] = (statuses[what][status] ?? 0) + 1
        }
    }
    const open = await primary.query(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = '${DATABASE}'`,
    )
    console.log(
      `      creates ${JSON.stringify(statuses.create)}, the revoked token ${JSON.stringify(statuses.leaked)}`,
    )
    expect(Object.keys(statuses.create)).to.have.members(['201', ...('503' in statuses.create ? ['503'] : [])])
    expect(Object.keys(statuses.leaked)).to.have.members(['401', ...('503' in statuses.leaked ? ['503'] : [])])
    expect(statuses.create[201]).to.be.above(50)
    expect(await rowsOf(primary)).to.deep.equal(before)
    expect(open).to.deep.equal([{ count: 0 }])
    expect(nodes[0]!.log).to.not.contain(leaked.token)
    expect((await latchkey(['doctor'], env)).code).to.equal(0)
  })

  function rowsOf(server: Cluster) {
    const counts = ['employees', 'tokens', 'events', 'keys'].map(
      (table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`,
    )
    return server.query(`SELECT ${counts.join(', ')}`, DATABASE)
  }
})
