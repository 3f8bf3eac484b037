import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import sqlite3 from 'sqlite3'
import { isSqlite } from '../../src/platform/database/connection.js'
import { type Database, freshDatabase } from '../databases.js'
import { PostgresServer } from '../postgres.js'
import { ServerProcess } from '../process.js'

const FIRST = { LATCHKEY_SUPERUSER_USERNAME: 'Srinivas', LATCHKEY_SUPERUSER_PASSWORD: 'admin123' }
const login = { json: { username: 'Srinivas', password: 'admin123' } }
const row = { empname: 'x', salary: 1 }

let server: ServerProcess
let token: string

interface Sent {
  what: string
  path: string
  options: Parameters<ServerProcess['fetch']>[1]
}

const reads = (): Sent[] => [
  { what: 'GET one', path: '/api/emp_viewset/1', options: { token } },
  { what: 'GET list', path: '/api/emp_viewset', options: { token } },
]

const writes = (): Sent[] => [
  { what: 'POST', path: '/api/emp_viewset', options: { token, json: { empid: 2, ...row } } },
  { what: 'PUT', path: '/api/emp_viewset/1', options: { token, method: 'PUT', json: { empid: 1, ...row } } },
  { what: 'DELETE', path: '/api/emp_viewset/1', options: { token, method: 'DELETE' } },
]

async function prepare(env: Record<string, string>) {
  server = await ServerProcess.start({ ...env, ...FIRST })
  token = ((await (await server.fetch('/gettoken/', login)).json()) as { token: string }).token
  await server.fetch('/api/emp_viewset', { token, json: { empid: 1, ...row } })
}

/** Each is 503 with Retry-After within 6 s. */
async function expectUnavailable(requests: Sent[]) {
  const answers = await Promise.all(
    requests.map(async ({ what, path, options }) => {
      const started = performance.now()
      const { status, headers } = await server.fetch(path, options)
      return { what, status, retry: headers.get('retry-after') !== null, inTime: performance.now() - started < 6000 }
    }),
  )
  expect(answers).to.deep.equal(requests.map(({ what }) => ({ what, status: 503, retry: true, inTime: true })))
}

async function expectWell() {
  const { path, options } = writes()[0]!
  expect((await server.fetch(path, options)).status).to.equal(201)
  for (const { path, options } of reads()) expect((await server.fetch(path, options)).status).to.equal(200)
  expect((await server.fetch('/gettoken/', login)).status).to.equal(200)
}

if (isSqlite)
  describe('while another process holds the SQLite file', function () {
    this.timeout(60_000)

    let database: Database

    beforeEach(async () => {
      database = await freshDatabase()
      await prepare(database.env)
    })

    afterEach(async () => {
      await server.stop('SIGKILL')
      await database.remove()
    })

    it('writes are 503 within 6 s, reads go on, and afterwards all is well', async () => {
      const holder = new sqlite3.Database(join(database.folder, 'db.sqlite3'))
      await run(holder, 'BEGIN EXCLUSIVE')
      await Promise.all([
        expectUnavailable([...writes(), ...writes(), ...writes()]),
        (async () => {
          for (let round = 0; round < 10; round++, await wait(100))
            for (const { path, options } of reads()) expect((await server.fetch(path, options)).status).to.equal(200)
        })(),
      ])
      expect((await server.fetch('/gettoken/', login)).status, 'a sign-in writes its event').to.equal(503)
      await run(holder, 'ROLLBACK')
      await new Promise((resolve) => holder.close(resolve))
      await expectWell()
      expect(server.log).not.to.contain('unhandled')
      for (const line of server.lines) expect(line).to.have.property('level')
    })
  })
else
  describe('without PostgreSQL', function () {
    this.timeout(60_000)

    let postgres: PostgresServer

    beforeEach(async () => {
      postgres = await PostgresServer.create()
      const url = await postgres.createDatabase('outage')
      await prepare({ DATABASE_URL: url, LATCHKEY_SECRET_KEY: randomBytes(32).toString('base64') })
    })

    afterEach(async () => {
      await server.stop('SIGKILL')
      postgres.thaw()
      await postgres.remove()
    })

    const all = () => [...reads(), ...writes(), { what: 'gettoken', path: '/gettoken/', options: login }]

    it('that hangs, everything is 503 within 6 s, and afterwards all is well', async () => {
      postgres.freeze()
      await expectUnavailable([...all(), ...all(), ...all()])
      expect((await server.fetch('/readyz')).status).to.equal(503)
      expect((await server.fetch('/healthz')).status).to.equal(200)
      postgres.thaw()
      await healed()
      await expectWell()
    })

    it('that hangs does not hold a stop', async () => {
      postgres.freeze()
      await expectUnavailable(reads())
      const started = performance.now()
      expect(await server.stop('SIGTERM')).to.equal(0)
      expect(performance.now() - started).to.be.below(10_000)
    })

    it('that was killed, everything is 503 within 6 s, and afterwards all is well', async () => {
      await postgres.kill()
      await expectUnavailable([...all(), ...all()])
      expect((await server.fetch('/readyz')).status).to.equal(503)
      await postgres.start()
      await healed()
      await expectWell()
    })
  })

/** Within 2 s of the database's return. */
async function healed() {
  const end = performance.now() + 2000
  while ((await server.fetch('/readyz')).status !== 200)
    expect(performance.now(), 'ready again in time').to.be.below(end)
}

function run(database: sqlite3.Database, statement: string) {
  return new Promise<void>((resolve, reject) => database.run(statement, (error) => (error ? reject(error) : resolve())))
}
