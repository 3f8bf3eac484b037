import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { closeVisitors, Visitor } from '../admin/browser.js'
import { freshDatabase } from '../databases.js'
import { PostgresServer } from '../postgres.js'
import { CREDENTIALS, FIRST, ServerProcess } from '../process.js'
import { sql } from '../sql.js'
import { ask, token } from './ask.js'
import { type Asked, Clients } from './clients.js'
import { Gate, NGINX } from './gates.js'
import { EchoService } from './service.js'

/** Tokens that have the scope beside the one that is used. */
const COUNT = Number(process.env.PROXY_ROWS ?? 1_000_000)
/** Milliseconds after which no process may take the scope for one any more. */
const LATE = 1000

interface Home {
  title: string
  nodes: number
  database: () => Promise<{ env: Record<string, string>; remove: () => Promise<void> }>
}

const HOMES: Home[] = [
  { title: 'one process on SQLite', nodes: 1, database: freshDatabase },
  {
    title: 'two nodes on PostgreSQL',
    nodes: 2,
    async database() {
      const postgres = await PostgresServer.create()
      const key = randomBytes(32).toString('base64')
      const env = { DATABASE_URL: await postgres.createDatabase('latchkey'), LATCHKEY_SECRET_KEY: key }
      return { env, remove: () => postgres.remove() }
    },
  },
]

describe(`a scope of one's own that ${COUNT} tokens have`, function () {
  this.timeout(600_000)
  afterEach(closeVisitors)

  for (const { title, nodes: count, database: make } of HOMES)
    it(`goes from nothing to a check, and is worthless within a second of its removal: ${title}`, async () => {
      const database = await make()
      const service = await EchoService.start()
      const room = await mkdtemp('build/proxies-')
      const env = { ...database.env, LATCHKEY_TRUST_PROXY: '127.0.0.1' }
      const nodes = [await ServerProcess.start({ ...env, ...FIRST })]
      let gate: Gate | undefined
      try {
        while (nodes.length < count) nodes.push(await ServerProcess.start(env))
        const ports = nodes.map(({ url }) => Number(new URL(url).port))
        gate = await Gate.start(NGINX, { latchkey: ports as [number, number?], service: service.port, room })
        await story({ url: database.env.DATABASE_URL!, nodes, ports, gate, service })
      } finally {
        await gate?.stop()
        await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
        service.close()
        await rm(room, { recursive: true, force: true })
        await database.remove()
      }
    })
})

interface Place {
  /** Of the database. */
  url: string
  nodes: ServerProcess[]
  /** Of the nodes. */
  ports: number[]
  gate: Gate
  service: EchoService
}

async function story({ url, nodes, ports, gate, service }: Place) {
  const [node] = nodes as [ServerProcess]
  const visitor = await Visitor.open(node.url)
  const { page } = visitor
  await visitor.signIn(CREDENTIALS.username, CREDENTIALS.password)
  await page.getByText(/^Latchkey \d/).waitFor()
  await addScope(visitor)
  await addGroup(visitor)

  const root = await node.signIn()
  const ravi = { username: 'ravi', password: 'Xk29!plqz', groups: ['readers'] }
  const idOf = async (json: object) => {
    const { id } = (await (await node.fetch('/api/users', { token: root, json })).json()) as { id: number }
    return id
  }
  const id = await idOf(ravi)
  // Somebody else's, because nobody makes another one beside so many.
  await sql(url, fill(await idOf({ username: 'crowd' }), url))
  // The last one, which loses the name when all others have lost it.
  const value = await addToken(visitor, id)
  const headers = { authorization: `Token ${value}` }
  const reply = await ask(gate.port, { lines: [token(value)] })
  expect(reply.status, reply.text).to.equal(200)
  expect(Object.fromEntries(JSON.parse(reply.text).headers)).to.include({
    'X-Latchkey-User': 'ravi',
    'X-Latchkey-Scopes': 'reports:read',
  })
  service.remembers = false

  const through = Clients.of(gate.port, { count: 10, lines: headers, pause: 10 })
  const path = '/api/checks/reports:read'
  const direct = ports.map((port) => Clients.of(port, { count: 5, lines: headers, pause: 10, path }))
  await wait(500)
  const { answered, took } = await remove(visitor)
  const later = await untilSwept(node, root)
  const swept = performance.now() - answered
  const seen = [await through.stop(), ...(await Promise.all(direct.map((clients) => clients.stop())))]
  const last = seen.map((asked) => lastLetIn(asked, answered))
  const waits = later.toSorted((one, other) => one - other)
  console.log(
    `      removed in ${took.toFixed(0)} ms; the last that was let in began after it: through nginx ${last[0]}, ` +
      `${ports.map((_, index) => `node ${index + 1} ${last[index + 1]}`).join(', ')}; ` +
      `taken from all in ${(swept / 1000).toFixed(1)} s; ${waits.length} other writes meanwhile: ` +
      `median ${waits[waits.length >> 1]!.toFixed(0)} ms, slowest ${waits.at(-1)!.toFixed(0)} ms`,
  )

  expect(took).to.be.lessThan(LATE)
  expect(waits.at(-1)).to.be.lessThan(2000)
  for (const [index, asked] of seen.entries()) {
    expect([...new Set(asked.map(({ status }) => status))].sort()).to.deep.equal([200, 403])
    // The process that removed it knows from its response on; through nginx others may be asked.
    const isOfOne = index === 1 || ports.length === 1
    const tooLate = asked.filter(({ started, status }) => status === 200 && started > answered + (isOfOne ? 0 : LATE))
    expect(tooLate, index === 0 ? 'through nginx' : `node ${index}`).to.have.lengthOf(0)
  }
  // The name is another scope's now, and revives no right.
  expect((await ask(gate.port, { lines: [token(value)] })).status).to.equal(403)
  const [{ left }] = (await sql(url, "SELECT count(*) AS left FROM tokens WHERE scopes LIKE '%reports:read%'")) as [
    { left: unknown },
  ]
  expect(Number(left)).to.equal(0)
}

async function addScope(visitor: Visitor) {
  const { page } = visitor
  await visitor.goTo('scopes')
  await page.getByRole('link', { name: 'Add scope' }).click()
  await page.getByLabel('Name').fill('reports:read')
  await page.getByLabel('Description').fill('See the monthly reports')
  await saved(page, 'Scope reports:read')
}

async function addGroup(visitor: Visitor) {
  const { page } = visitor
  await visitor.goTo('groups/create')
  await page.getByLabel('Name').fill('readers')
  await page.getByRole('group', { name: 'For other services' }).getByLabel('reports:read').check()
  await saved(page, 'Group readers')
}

/** @returns its value, as it is copied */
async function addToken(visitor: Visitor, userId: number): Promise<string> {
  const { page } = visitor
  await visitor.goTo(`tokens/create?user=${userId}`)
  await page.getByLabel('Personal token').check()
  await page.getByRole('textbox', { name: 'Name' }).fill('monthly')
  await page.getByRole('group', { name: 'For other services' }).getByLabel('reports:read').check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Copy token' }).click()
  const value = await visitor.clipboard()
  await page.getByRole('button', { name: 'Done' }).click()
  return value
}

async function saved(page: Page, heading: string) {
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: heading }).waitFor()
}

/** @returns when the browser had the response, by this process's clock, and the milliseconds that it took */
async function remove(visitor: Visitor): Promise<{ answered: number; took: number }> {
  const { page } = visitor
  await visitor.goTo('scopes/reports%3Aread')
  await page.getByRole('button', { name: 'Delete' }).click()
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'DELETE'),
    page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click(),
  ])
  expect(response.status()).to.equal(204)
  await response.finished()
  const { startTime, requestStart, responseStart } = response.request().timing()
  return { answered: startTime + responseStart - performance.timeOrigin, took: responseStart - requestStart }
}

/** Writes something else until the name can be added again. @returns the milliseconds of each of those writes */
async function untilSwept(node: ServerProcess, root: string): Promise<number[]> {
  const waits: number[] = []
  for (;;) {
    const { status } = await node.fetch('/api/scopes', { token: root, json: { name: 'reports:read' } })
    if (status === 201) return waits
    expect(status).to.equal(409)
    const sent = performance.now()
    const json = { name: 'x', scopes: ['users:read'] }
    const made = await node.fetch('/api/tokens', { token: root, json })
    expect(made.status).to.equal(201)
    waits.push(performance.now() - sent)
    // Nobody has more than a hundred.
    await node.fetch(made.headers.get('Location')!, { token: root, method: 'DELETE' })
    await wait(50)
  }
}

function lastLetIn(asked: Asked[], answered: number): string {
  const after = asked.filter(({ started, status }) => status === 200 && started > answered)
  return after.length === 0 ? 'none' : `${Math.max(...after.map(({ started }) => started - answered)).toFixed(0)} ms`
}

/** Tokens of one user with the scope and two others. */
function fill(userId: number, url: string): string {
  const now = url.startsWith('sqlite:') ? "'2026-01-01 00:00:00.000 +00:00'" : 'now()'
  return `INSERT INTO tokens (kind, user_id, name, scopes, digest, hint, created_at, use_count, old_use_count)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${COUNT})
    SELECT 'personal', ${userId}, 'x', 'employees:read reports:read users:read', '${'0'.repeat(52)}' || (100000000000 + n),
      'lk_', ${now}, 0, 0 FROM numbers`
}
