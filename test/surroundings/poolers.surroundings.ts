import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import pg from 'pg'
import { FIRST, latchkey, ServerProcess } from '../process.js'
import { failOver } from './failing-over.js'
import { Cluster, PgBouncer } from './installed.js'

/** Clients, and rounds of ten requests that each makes. */
const CLIENTS = 20
const ROUNDS = 50

/** As its package has it but for the mode; and as many set it for other clients, where settings are dropped without a word. */
const MODES: { rounds: number; settings: Record<string, string | number> }[] = [
  { rounds: ROUNDS, settings: { pool_mode: 'transaction', default_pool_size: 5 } },
  { rounds: ROUNDS, settings: { pool_mode: 'session', default_pool_size: 40 } },
  {
    rounds: ROUNDS / 5,
    settings: {
      pool_mode: 'transaction',
      default_pool_size: 5,
      ignore_startup_parameters: 'statement_timeout,lock_timeout,idle_in_transaction_session_timeout',
    },
  },
]

/** Seconds that PgBouncer leaves a server alone that it could not connect to; its own default of 15 is that long an outage. */
const LOGIN_RETRY = Number(process.env.LOGIN_RETRY ?? 1)

describe('two nodes behind PgBouncer', function () {
  this.timeout(180_000)

  let primary: Cluster

  before(async () => {
    primary = await Cluster.primary()
  })

  after(() => primary?.remove())

  for (const [index, { rounds, settings }] of MODES.entries())
    describe(Object.values(settings).join(', '), () => {
      const database = `pooled_${index}`
      let pooler: PgBouncer
      let env: { DATABASE_URL: string; LATCHKEY_SECRET_KEY: string }
      let nodes: ServerProcess[] = []
      let token: string

      before(async () => {
        await primary.query(`CREATE DATABASE ${database}`)
        pooler = await PgBouncer.start(primary.port, settings)
        env = { DATABASE_URL: pooler.urlOf(database), LATCHKEY_SECRET_KEY: randomBytes(32).toString('base64') }
        nodes = [await ServerProcess.start({ ...env, ...FIRST }), await ServerProcess.start(env)]
        token = await nodes[0]!.signIn()
      })

      after(async () => {
        await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
        await pooler?.remove()
      })

      it(`give no wrong response of ${10 * CLIENTS * rounds}`, async () => {
        const seen = new Map<string, number>()
        const wrong: string[] = []
        let turn = 0
        const started = performance.now()

        async function ask(method: string, path: string, expected: number, json?: object): Promise<unknown> {
          const node = nodes[turn++ % nodes.length]!
          const answer = await node.fetch(path, { token, method, json })
          const text = await answer.text()
          seen.set(`${answer.status}`, (seen.get(`${answer.status}`) ?? 0) + 1)
          if (answer.status !== expected) wrong.push(`${method} ${path} ${answer.status} ${text}`)
          return text && JSON.parse(text)
        }

        async function round(empid: number) {
          const path = `/api/emp_viewset/${empid}`
          const row = { empid, empname: `e${empid}`, salary: '1.00' }
          const same = (found: unknown, wanted: unknown) => {
            if (JSON.stringify(found) !== JSON.stringify(wanted)) wrong.push(`${path} ${JSON.stringify(found)}`)
          }
          await ask('GET', path, 404)
          await ask('POST', '/api/emp_viewset', 201, row)
          same(await ask('GET', path, 200), row)
          same(await ask('GET', `/api/emp_viewset?empname=e${empid}`, 200), [row])
          await ask('PATCH', path, 200, { salary: '2.00' })
          same(await ask('GET', path, 200), { ...row, salary: '2.00' })
          same(await ask('GET', `/api/emp_viewset?search=e${empid}&empname=e${empid}`, 200), [
            { ...row, salary: '2.00' },
          ])
          await ask('GET', '/api/tokens/current', 200)
          await ask('DELETE', path, 204)
          same(await ask('GET', `/api/emp_viewset?salary_min=2&empname=e${empid}&limit=7`, 200), [])
        }

        await Promise.all(
          Array.from({ length: CLIENTS }, async (_, client) => {
            for (let number = 0; number < rounds; number++) await round(client * 1000 + number + 1)
          }),
        )
        const seconds = (performance.now() - started) / 1000
        const counts = [...seen].map(([status, count]) => `${count} × ${status}`).join(', ')
        console.log(`      ${turn} requests in ${seconds.toFixed(0)} s: ${counts}`)
        expect(wrong.slice(0, 5)).to.deep.equal([])
        expect(turn).to.equal(10 * CLIENTS * rounds)
      })

      it('write under the same time-outs as without, and doctor tells them', async () => {
        const { stdout, code } = await latchkey(['doctor'], env)
        expect(code, stdout).to.equal(0)
        expect(stdout)
          .to.match(/statement_timeout 3000/)
          .and.match(/lock_timeout 2000/)
          .and.match(/set_by transaction/)
        await nodes[0]!.fetch('/api/emp_viewset', { token, json: { empid: -1, empname: 'locked', salary: 1 } })
        const holder = new pg.Client({ connectionString: primary.urlOf(database) })
        await holder.connect()
        try {
          await holder.query('BEGIN; SELECT * FROM employees WHERE empid = -1 FOR UPDATE')
          const started = performance.now()
          const answer = await nodes[0]!.fetch('/api/emp_viewset/-1', { token, method: 'PATCH', json: { salary: 2 } })
          expect(answer.status).to.equal(503)
          expect(performance.now() - started).to.be.within(1900, 3000)
        } finally {
          await holder.end()
        }
      })

      it('leave no setting on the connections of others', async () => {
        const others = Array.from({ length: 5 }, () => new pg.Client({ connectionString: pooler.urlOf(database) }))
        await Promise.all(others.map((other) => other.connect()))
        const found = await Promise.all(
          others.map(async (other) => {
            // Each holds its connection to the server while the rest take theirs.
            await other.query('BEGIN')
            const { rows } = await other.query(
              "SELECT current_setting('statement_timeout') || current_setting('lock_timeout') AS found",
            )
            return rows[0].found
          }),
        )
        await Promise.all(others.map((other) => other.end()))
        expect(found).to.deep.equal(Array(5).fill('00'))
      })
    })
})

describe('two nodes behind PgBouncer whose server is killed and replaced by its standby', function () {
  this.timeout(180_000)

  for (const pool_mode of ['transaction', 'session'])
    it(`lose nothing in ${pool_mode} mode, and write again when the pooler is led to the new one`, async () => {
      const database = 'failed_over'
      const primary = await Cluster.primary()
      await primary.query(`CREATE DATABASE ${database}`)
      const standby = await primary.standby()
      await primary.waitForStandby()
      const settings = { pool_mode, default_pool_size: 40, server_login_retry: LOGIN_RETRY }
      const pooler = await PgBouncer.start(primary.port, settings)
      const env = { DATABASE_URL: pooler.urlOf(database), LATCHKEY_SECRET_KEY: randomBytes(32).toString('base64') }
      const nodes: ServerProcess[] = []
      try {
        nodes.push(await ServerProcess.start({ ...env, ...FIRST }), await ServerProcess.start(env))
        const root = await nodes[0]!.signIn()
        const lead = () => pooler.leadTo(standby.port)
        await failOver({ primary, standby, database, nodes, env, root, lead })
      } finally {
        await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
        await pooler.remove()
        await standby.remove()
        await primary.remove()
      }
    })
})
