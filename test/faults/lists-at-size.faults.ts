import { expect } from 'chai'
import { isSqlite } from '../../src/platform/database/connection.js'
import { closeVisitors, Visitor } from '../admin/browser.js'
import { type Database, freshDatabase } from '../databases.js'
import { CREDENTIALS, FIRST, ServerProcess } from '../process.js'
import { insertMany, sql } from '../sql.js'

const [USERS, TOKENS, EVENTS] = [10_000, 100_000, 1_000_000]

/** Milliseconds from the request to the rows, of which a person notices no wait that stops the work (Nielsen, 1993). */
const MOST = 1000

/** Requests of a page of 100. */
const REQUESTS = 3

/** Each first page as the site asks for it, in the orders and with the filters that it offers. */
const PAGES: string[] = [
  '/api/users?ordering=id',
  '/api/users?ordering=-username',
  '/api/users?ordering=-date_joined',
  '/api/users?search=user99',
  '/api/users?is_active=false',
  '/api/users?username_contains=99',
  '/api/tokens?ordering=-created_at',
  '/api/tokens?ordering=-last_used_at',
  '/api/tokens?ordering=expires_at',
  '/api/tokens?search=token',
  '/api/tokens?state=active',
  '/api/tokens?state=disabled',
  '/api/tokens?never_used=true',
  '/api/tokens?without_expiry=true',
  '/api/tokens?scope=employees:read',
  '/api/events?ordering=-id',
  '/api/events?actor=nobody',
  '/api/events?action=user.changed&ordering=-id',
  '/api/events?outcome=refused&ordering=-id',
  '/api/groups',
  '/api/emp_viewset?ordering=empid',
]

/** Each list of the site, with a text that its first page has. */
const LISTS: [list: string, row: RegExp][] = [
  ['users', /^user\d+$/],
  ['tokens', /lk_…/],
  ['events', /user\.changed/],
  ['groups', /^group \d+$/],
  ['employees', /^Employee \d+$/],
]

describe(`with ${USERS} users, ${TOKENS} tokens and ${EVENTS} events`, function () {
  this.timeout(600_000)
  let database: Database
  let server: ServerProcess
  let root: string

  before(async () => {
    database = await freshDatabase()
    server = await ServerProcess.start({ ...database.env, ...FIRST })
    root = await server.signIn()
    const now = isSqlite
      ? "strftime('%Y-%m-%d %H:%M:%f +00:00', 1767225600 + n, 'unixepoch')"
      : "timestamptz '2026-01-01' + n * interval '1 s'"
    const digest = isSqlite ? 'lower(hex(randomblob(32)))' : "encode(sha256(n::text::bytea), 'hex')"
    const yes = isSqlite ? (condition: string) => condition : (condition: string) => `(${condition})`
    await fill('users', USERS, {
      username: "'user' || n",
      username_folded: "'user' || n",
      email: "'user' || n || '@example.com'",
      is_active: yes('n % 50 <> 0'),
      is_staff: yes('n % 100 = 0'),
      is_superuser: yes('n < 0'),
      date_joined: now,
    })
    await fill('groups', 100, { name: "'group ' || n", scopes: "'employees:read'" })
    await fill('memberships', USERS, {
      user_id: "(SELECT min(id) FROM users WHERE username = 'user1') + n - 1",
      group_id: "(SELECT min(id) FROM groups WHERE name = 'group 1') + n % 100",
    })
    await fill('tokens', TOKENS, {
      kind: "'personal'",
      user_id: `(SELECT min(id) FROM users WHERE username = 'user1') + n % ${USERS}`,
      name: "'token ' || n",
      scopes: "'employees:read'",
      digest,
      hint: "'lk_…0000'",
      created_at: now,
      last_used_at: `CASE WHEN n % 3 = 0 THEN NULL ELSE ${now} END`,
      expires_at: `CASE WHEN n % 4 = 0 THEN NULL ELSE ${now.replace('1767225600', '1867225600').replace('2026', '2029')} END`,
    })
    await fill('events', EVENTS, {
      id: 'n + 1000',
      at: now,
      actor_id: 'n % 1000 + 1',
      actor: "'user' || n % 1000",
      actor_kind: "'user'",
      action: "CASE WHEN n % 10 = 0 THEN 'user.changed' ELSE 'login.succeeded' END",
      object: `'user:' || n % ${USERS}`,
      outcome: "CASE WHEN n % 100 = 0 THEN 'refused' ELSE 'done' END",
      address: "'192.0.2.1'",
      detail: "''",
      link: "'x'",
      key_id: '(SELECT min(id) FROM keys)',
      mark: "'x'",
    })
    await fill('employees', 10_000, { empid: 'n', empname: "'Employee ' || n", salary: '20000 + n % 1000' })
    await sql(database.env.DATABASE_URL, 'ANALYZE')
  })

  after(async () => {
    await server?.stop('SIGKILL')
    await database?.remove()
  })

  function fill(table: string, count: number, columns: Record<string, string>) {
    return sql(database.env.DATABASE_URL, insertMany(table, count, columns))
  }

  it(`gives every list's first page of 100, with its count, within ${MOST} ms`, async () => {
    const slow: string[] = []
    for (const page of PAGES) {
      const began = performance.now()
      const response = await server.fetch(`${page}${page.includes('?') ? '&' : '?'}limit=100&count=true`, {
        token: root,
      })
      await response.arrayBuffer()
      const took = Math.round(performance.now() - began)
      console.log(`        ${String(took).padStart(5)} ms  ${response.status}  ${page}`)
      if (took > MOST || response.status !== 200) slow.push(`${page}: ${response.status} after ${took} ms`)
    }
    expect(slow).to.deep.equal([])
  })

  it(`shows every list's first page of 100 within ${MOST} ms, by ${REQUESTS} requests at most`, async () => {
    const visitor = await Visitor.open(server.url)
    const { page } = visitor
    await visitor.signIn(CREDENTIALS.username, CREDENTIALS.password)
    await page.getByRole('menuitem', { name: 'Home' }).waitFor()
    await page.waitForLoadState('networkidle')
    const slow: string[] = []
    for (const [list, row] of LISTS) {
      const requests: string[] = []
      const note = (request: { url: () => string }) => {
        if (request.url().includes('/api/')) requests.push(request.url().slice(server.url.length))
      }
      page.on('request', note)
      const began = performance.now()
      await visitor.goTo(
        `${list}?perPage=100&page=1&sort=${list === 'tokens' ? 'created_at&order=DESC' : list === 'events' ? 'id&order=DESC' : 'id&order=ASC'}`,
      )
      await page.getByText(row).first().waitFor()
      const took = Math.round(performance.now() - began)
      await page.waitForLoadState('networkidle')
      page.off('request', note)
      console.log(`        ${String(took).padStart(5)} ms  ${requests.length} requests  ${list}`)
      if (took > MOST || requests.length > REQUESTS) slow.push(`${list}: ${took} ms, ${requests.join(' ')}`)
    }
    expect(slow).to.deep.equal([])
    await closeVisitors()
  })
})
