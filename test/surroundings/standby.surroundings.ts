import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { FIRST, refusedStart, ServerProcess } from '../process.js'
import { Forwarder } from './forwarder.js'
import { Cluster, PgBouncer } from './installed.js'

/** Milliseconds that the node stands before the standby. */
const AWAY = 4000

interface Seen {
  /** Milliseconds after the swing when it was sent. */
  at: number
  status: number
  retry: string | null
}

/** What leads from the node to the database, and how the node is told of it. */
const WAYS = ['straight', 'through PgBouncer'] as const

describe('a node whose PostgreSQL becomes a standby that lags behind', function () {
  this.timeout(120_000)

  let primary: Cluster
  let standby: Cluster

  before(async () => {
    primary = await Cluster.primary()
    for (const [index] of WAYS.entries()) await primary.query(`CREATE DATABASE swung_${index}`)
    standby = await primary.standby()
  })

  // One that fails leaves nothing to the next.
  afterEach(() => standby.query('SELECT pg_wal_replay_resume()'))

  after(async () => {
    await standby?.remove()
    await primary?.remove()
  })

  for (const [index, way] of WAYS.entries())
    describe(way, () => {
      let forwarder: Forwarder
      let pooler: PgBouncer | undefined
      let server: ServerProcess

      before(async () => {
        forwarder = await Forwarder.to(primary.port)
        if (way !== 'straight') pooler = await PgBouncer.start(forwarder.port, { pool_mode: 'transaction' })
        const url = new URL(primary.urlOf(`swung_${index}`))
        url.port = String(pooler?.port ?? forwarder.port)
        const LATCHKEY_SECRET_KEY = randomBytes(32).toString('base64')
        server = await ServerProcess.start({ ...FIRST, DATABASE_URL: url.href, LATCHKEY_SECRET_KEY })
      })

      after(async () => {
        await server?.stop('SIGKILL')
        await pooler?.remove()
        forwarder?.close()
      })

      it('revives no token, refuses writes with 503, is not ready, and heals within 2 s', async () => {
        const root = await server.signIn()
        const made = await server.fetch('/api/tokens', {
          token: root,
          json: { name: 'leaked', scopes: ['employees:read', 'employees:write'] },
        })
        const { id, token } = (await made.json()) as { id: number; token: string }
        await caughtUp()
        await standby.query('SELECT pg_wal_replay_pause()')
        expect((await server.fetch(`/api/tokens/${id}`, { token: root, method: 'DELETE' })).status).to.equal(204)
        expect((await read(token)).status, 'revoked').to.equal(401)

        const swung = performance.now()
        forwarder.swing(standby.port)
        const reads: Seen[] = []
        const writes: Seen[] = []
        const ready: Seen[] = []
        let empid = 0
        const until = async (seen: Seen[], ask: () => Promise<Response>) => {
          for (let at = 0; at < AWAY; await wait(20)) {
            at = performance.now() - swung
            const answer = await ask()
            await answer.text()
            seen.push({ at, status: answer.status, retry: answer.headers.get('retry-after') })
          }
        }
        await Promise.all([
          ...Array.from({ length: 4 }, () => until(reads, () => read(token))),
          until(writes, () =>
            server.fetch('/api/emp_viewset', { token: root, json: { empid: ++empid, empname: 'x', salary: 1 } }),
          ),
          until(ready, () => server.fetch('/readyz')),
        ])
        console.log(`      ${reads.length} reads: ${counted(reads)}; ${writes.length} writes: ${counted(writes)}`)
        expect(reads.filter(({ status, at }) => status === 200 && at > 1000)).to.deep.equal([])
        expect(reads.length).to.be.above(30)
        for (const { status, retry } of writes) {
          expect(status).to.equal(503)
          expect(retry).to.match(/^\d+$/)
        }
        const later = ready.filter(({ at }) => at > 1000)
        expect(later).not.to.have.lengthOf(0)
        for (const { status } of later) expect(status).to.equal(503)

        await standby.query('SELECT pg_wal_replay_resume()')
        const back = performance.now()
        forwarder.swing(primary.port)
        const create = () =>
          server.fetch('/api/emp_viewset', { token: root, json: { empid: ++empid, empname: 'x', salary: 1 } })
        while ((await create()).status !== 201) {
          expect(performance.now() - back, 'healed in time').to.be.below(2000)
          await wait(20)
        }
        console.log(`      healed after ${(performance.now() - back).toFixed(0)} ms`)
        expect((await server.fetch('/readyz')).status).to.equal(200)
        expect((await read(token)).status).to.equal(401)
      })

      const read = (token: string) => server.fetch('/api/emp_viewset?limit=1', { token })
    })

  it('is no place to start on', async () => {
    const LATCHKEY_SECRET_KEY = randomBytes(32).toString('base64')
    const refused = await refusedStart({ DATABASE_URL: standby.urlOf('swung_0'), LATCHKEY_SECRET_KEY })
    expect(refused.code).to.equal(1)
    expect(refused.stderr).to.match(/^latchkey: [^\n]*standby[^\n]*\n$/)
  })

  async function caughtUp() {
    const [row] = await primary.query('SELECT pg_current_wal_lsn()::text AS at')
    for (;;) {
      const [done] = await standby.query(`SELECT pg_last_wal_replay_lsn() >= '${row!.at}'::pg_lsn AS done`)
      if (done!.done) return
      await wait(50)
    }
  }
})

function counted(seen: Seen[]) {
  const counts = new Map<number, number>()
  for (const { status } of seen) counts.set(status, (counts.get(status) ?? 0) + 1)
  return [...counts].map(([status, count]) => `${count} × ${status}`).join(', ')
}
