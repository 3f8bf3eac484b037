import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { isSqlite } from '../../src/platform/database/connection.js'
import { type Database, freshDatabase } from '../databases.js'
import { edited } from '../faults/edited.js'
import { FIRST, ServerProcess } from '../process.js'
import { insertMany, sql } from '../sql.js'

/** Rows of the table, and clients of one user that ask for the same slow thing in a loop. */
const ROWS = 1_000_000
const CLIENTS = 16

/** Milliseconds that each kind is measured for. */
const TIME = 4000

const KINDS: [what: string, path: string][] = [
  ['search', '/api/emp_viewset?search=zzzz'],
  ['contains', '/api/emp_viewset?empname_contains=zzzz'],
  ['a deep offset', '/api/emp_viewset?offset=999900'],
  ['count', '/api/emp_viewset?count=true&limit=1&salary_min=1'],
  ['two filters of which no index helps', '/api/emp_viewset?empname_contains=9&salary_max=-1&ordering=empname'],
  ['the verification of the trail', '/api/events/verification'],
]

describe('the lists of one user over a million rows', function () {
  this.timeout(300_000)

  let database: Database
  let server: ServerProcess
  let root: string

  before(async () => {
    database = await freshDatabase()
    server = await ServerProcess.start({ ...database.env, ...FIRST })
    root = await server.signIn()
    const columns = { empid: 'n', empname: "'e' || n", salary: 'n % 90000' }
    await sql(database.env.DATABASE_URL, insertMany('employees', ROWS, columns))
    await sql(database.env.DATABASE_URL, 'ANALYZE')
  })

  after(async () => {
    await server?.stop('SIGKILL')
    await database?.remove()
  })

  async function personal(name: string): Promise<string> {
    const json = { username: name, password: 'coffee-4-two', is_superuser: true }
    await server.fetch('/api/users', { token: root, json })
    return server.signIn({ username: name, password: 'coffee-4-two' })
  }

  for (const [index, [what, path]] of KINDS.entries())
    it(`leave the others' reads by key alone: ${what}`, async () => {
      const [greedy, other] = [await personal(`greedy${index}`), await personal(`other${index}`)]
      const agent = new Agent({ keepAlive: true })
      const idle = await readsByKey(server.url, other, agent)
      let asking = true
      const statuses = new Map<number, number>()
      const slow = Array.from({ length: CLIENTS }, async () => {
        while (asking) {
          const { status, retry } = await get(server.url, path, greedy, agent)
          expect(retry, String(status)).to.equal(status === 503 ? '2' : undefined)
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
        }
      })
      await wait(500)
      const busy = await readsByKey(server.url, other, agent)
      const started = performance.now()
      const page = await get(server.url, '/api/emp_viewset?search=e99999&limit=1', other, agent)
      const turn = performance.now() - started
      asking = false
      await Promise.all(slow)
      agent.destroy()
      const counts = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')
      console.log(`      alone ${told(idle)}; beside ${CLIENTS} clients (${counts}) ${told(busy)}`)
      console.log(`      another user's search: ${page.status} after ${turn.toFixed(0)} ms`)
      expect(page.status, 'another user has a turn').to.equal(200)
      expect(percentile(busy, 0.5)).to.be.below(15)
      expect(percentile(busy, 0.99)).to.be.below(Math.max(40, 4 * percentile(idle, 0.99)))
      for (const status of statuses.keys()) expect(status).to.be.oneOf([200, 503])
    })

  it('are ended after 3 s, and those that wait get their turn', async () => {
    // A million rows take a fraction of that, so here it is less.
    const short = isSqlite
      ? edited(
          { file: 'platform/database/long-reads.js', from: 'LONGEST = 3000', to: 'LONGEST = 20' },
          { file: 'platform/database/long-reads.js', from: 'AGAIN = 100', to: 'AGAIN = 5' },
        )
      : edited({ file: 'platform/database/postgres.js', from: 'POSTGRES.query - 500', to: '50' })
    const hasty = await ServerProcess.start({ ...database.env, ...short })
    try {
      for (const path of ['/api/emp_viewset?search=zzzz', '/api/emp_viewset?empname_contains=zzzz&count=true']) {
        const answer = await hasty.fetch(path, { token: root })
        expect(answer.status, path).to.equal(503)
        expect(answer.headers.get('retry-after')).to.equal('2')
        expect(((await answer.json()) as { detail: string }).detail).to.match(/^This takes longer than 3 s\./)
        expect((await hasty.fetch('/api/emp_viewset?empname=e77', { token: root })).status, 'a short one').to.equal(200)
      }
    } finally {
      await hasty.stop()
    }
  })
})

/** @returns how long each took, in milliseconds */
async function readsByKey(url: string, token: string, agent: Agent): Promise<number[]> {
  const times: number[] = []
  const end = performance.now() + TIME
  await Promise.all(
    Array.from({ length: 2 }, async () => {
      while (performance.now() < end) {
        const started = performance.now()
        const { status } = await get(url, `/api/emp_viewset/${1 + Math.floor(Math.random() * ROWS)}`, token, agent)
        times.push(performance.now() - started)
        expect(status).to.equal(200)
        await wait(5)
      }
    }),
  )
  return times
}

function get(url: string, path: string, token: string, agent: Agent): Promise<{ status: number; retry?: string }> {
  return new Promise((resolve, reject) => {
    httpRequest(`${url}${path}`, { agent, headers: { authorization: `Token ${token}` } })
      .on('error', reject)
      .on('response', (response) => {
        const { statusCode: status, headers } = response
        response.resume().on('end', () => resolve({ status: status!, retry: headers['retry-after'] }))
      })
      .end()
  })
}

function percentile(times: number[], part: number): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length * part)]!
}

function told(times: number[]) {
  return `p50 ${percentile(times, 0.5).toFixed(1)} p99 ${percentile(times, 0.99).toFixed(1)} ms of ${times.length}`
}
