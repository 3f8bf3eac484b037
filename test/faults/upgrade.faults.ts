import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect } from 'chai'
import pg from 'pg'
import { isSqlite } from '../../src/platform/database/connection.js'
import { Balancer } from '../balancer.js'
import { type Database, emptyDatabase } from '../databases.js'
import { freePort } from '../postgres.js'
import { expectWithin, FIRST, latchkey, ServerProcess } from '../process.js'
import { insertMany, sql } from '../sql.js'
import { Traffic } from '../traffic.js'
import { lastRelease } from './last-release.js'

/** Rows that are there before. */
const ROWS = 100_000

/** Milliseconds under load between two steps. */
const WHILE = 3000

/** Milliseconds for which the migration has to wait for another session that holds a table, as a backup does. */
const HELD = 5000

/** SQLite is served by one process. */
const NODES = isSqlite ? 1 : 2

describe('an upgrade from the last release, under load', function () {
  this.timeout(600_000)

  let release: string
  let database: Database
  let env: Record<string, string>
  let ports: number[]
  const nodes: ServerProcess[] = []
  let balancer: Balancer
  let traffic: Traffic | undefined
  let root: string

  before(async () => {
    release = await lastRelease()
    database = await emptyDatabase()
    env = { ...database.env, ...FIRST, LATCHKEY_TRUST_PROXY: '127.0.0.1' }
    ports = await Promise.all(Array.from({ length: NODES }, freePort))
    for (const port of ports) nodes.push(await ServerProcess.start({ ...env, PORT: String(port) }, release))
    balancer = await Balancer.start(ports)
    root = await nodes[0]!.signIn()
    const columns = { empid: 'n + 1000000', empname: "'e' || n", salary: '1' }
    await sql(database.env.DATABASE_URL, insertMany('employees', ROWS, columns))
  })

  after(async () => {
    await traffic?.stop()
    balancer?.close()
    await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
    await database?.remove()
    await rm(dirname(release), { recursive: true, force: true })
  })

  it('loses no acknowledged write, lets in no revoked token, and fails no request but with 503', async () => {
    await expectWithin(10_000, async () => ports.every((port) => balancer.isReady(port)))
    traffic = await Traffic.start([balancer.url], root)
    await wait(WHILE)

    const held = isSqlite ? undefined : holdTable(database.env.DATABASE_URL, 'tokens')
    const began = performance.now()
    await migrate()
    const took = performance.now() - began
    await held
    const during = refusedBetween(traffic, began, performance.now())
    const slowest = Math.max(...traffic.seen.filter(({ at }) => at > began).map(({ sent, at }) => at - sent))
    await wait(WHILE)
    await tryEverything(nodes[0]!, root)
    const between = refusedBetween(traffic, began + took, performance.now())
    expect(between, 'refused by old nodes on the new schema').to.equal('none')

    const restarted = performance.now()
    for (const [index, port] of ports.entries()) {
      await nodes[index]!.stop('SIGTERM')
      nodes[index] = await ServerProcess.start({ ...env, PORT: String(port) })
      await expectWithin(10_000, async () => balancer.isReady(port))
    }
    const restarts = performance.now() - restarted
    const refused = refusedBetween(traffic, restarted, performance.now())
    await wait(WHILE)
    await traffic.stop()
    await tryEverything(nodes[0]!, root)

    const rows = await sql(database.env.DATABASE_URL, 'SELECT empid FROM employees WHERE empid <= 1000000')
    const there = new Set(rows.map(({ empid }) => empid))
    const lost = traffic.created.filter((empid) => !there.has(empid))
    for (const what of ['create', 'read', 'revocation', 'revoked'] as const) console.log(`      ${traffic.told(what)}`)
    console.log(
      `      latchkey migrate took ${took.toFixed(0)} ms over ${ROWS} employees, refused meanwhile: ${during}, slowest ` +
        `${slowest.toFixed(0)} ms; by ${NODES} old on the new schema: ${between}; during ${NODES} restarts of ` +
        `${restarts.toFixed(0)} ms: ${refused}`,
    )
    console.log(
      `      ${traffic.created.length} creates and ${traffic.revoked.length} revocations acknowledged, ${lost.length} lost, ` +
        `${traffic.letIn.length} revoked tokens let in`,
    )
    expect(lost).to.deep.equal([])
    expect(traffic.letIn).to.deep.equal([])
    expect(traffic.strange).to.deep.equal([])
    // A change of rights waits for the migration, which begins with one.
    expect(during).to.match(isSqlite ? /^/ : /^(none|\d+ × revocation)$/)
    if (!isSqlite) expect(refused).to.equal('none')
    expect(traffic.created.length).to.be.above(100)
    expect(traffic.revoked.length).to.be.above(10)
    for (const { value } of traffic.revoked)
      expect((await nodes[0]!.fetch('/api/', { token: value })).status, 'revoked').to.equal(401)
    const verified = await latchkey(['events', 'verify'], database.env)
    expect(verified.stdout + verified.stderr).to.match(/unbroken/)
    const doctor = await latchkey(['doctor'], database.env)
    expect(doctor.code, doctor.stdout).to.equal(0)
  })

  /** By itself: it may try for a minute. @throws with what it said where it is refused */
  async function migrate() {
    await promisify(execFile)(process.execPath, ['build/src/cli.js', 'migrate'], { env: { ...process.env, ...env } })
  }

  it('is one that a node of the release refuses to start on, by a line that says so', async () => {
    const started = await ServerProcess.start(env, release).catch((error: Error) => error.message)
    expect(started).to.match(/latchkey: the database was written by a newer version of latchkey/)
  })
})

/** @returns what was refused, by kind */
function refusedBetween({ seen }: Traffic, from: number, to: number): string {
  const refused = seen.filter(({ at, status }) => at >= from && at <= to && [0, 502, 503].includes(status))
  const kinds = [...new Set(refused.map(({ what }) => what))].sort()
  return kinds.map((kind) => `${refused.filter(({ what }) => what === kind).length} × ${kind}`).join(', ') || 'none'
}

/** Reads of a table, so that it cannot be changed, until somebody has waited for it. */
async function holdTable(url: string, table: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`BEGIN; SELECT count(*) FROM ${table}`)
  const waiting = `SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted AND relation = '${table}'::regclass`
  while ((await client.query<{ count: number }>(waiting)).rows[0]!.count === 0) await wait(50)
  await wait(HELD)
  await client.end()
}

let tried = 0

/** What each kind of statement is behind, at one node. */
async function tryEverything(node: ServerProcess, root: string) {
  const username = `tried-${++tried}`
  const ask = async (method: string, path: string, status: number, json?: object, token = root) => {
    const response = await node.fetch(path, { token, method, json })
    const text = await response.text()
    expect(response.status, `${method} ${path} ${text}`).to.equal(status)
    return text === '' ? undefined : JSON.parse(text)
  }
  const password = 'coffee-4-two'
  const user = await ask('POST', '/api/users', 201, { username, password })
  const { token } = await ask('POST', '/gettoken/', 200, { username, password })
  await ask('GET', '/api/emp_viewset?limit=1', 200, undefined, token)
  const own = await ask('POST', '/api/tokens', 201, { name: 'own', scopes: ['employees:read'] }, token)
  await ask('POST', `/api/tokens/${own.id}/rotate`, 200, { overlap_seconds: 60 }, token)
  await ask('GET', '/api/tokens', 200, undefined, token)
  await ask('DELETE', `/api/tokens/${own.id}`, 204, undefined, token)
  const group = await ask('POST', '/api/groups', 201, { name: username, scopes: ['employees:read'] })
  await ask('PATCH', `/api/users/${user.id}`, 200, { groups: [username] })
  await ask('DELETE', `/api/groups/${group.id}`, 204)
  await ask('PUT', `/api/users/${user.id}/password`, 204, { password: 'tea-for-2-at-4' })
  await ask('GET', '/api/events?limit=5', 200)
  await ask('GET', '/api/', 401, undefined, token)
}
