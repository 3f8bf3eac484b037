import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { type Browser, chromium, type Page } from 'playwright-core'
import { type Database, freshDatabase } from '../databases.js'
import { CREDENTIALS, FIRST, ServerProcess } from '../process.js'

const CLIENT = 'build/sdk/typescript/dist'

/** What a page does with `@latchkey/client`; each step's outcome is told, and what a program could read of it. */
const USE = `async ({ url, account }) => {
  const sdk = await import('/client/index.js')
  const client = sdk.createClient({ baseUrl: url, ...account })
  const told = {}
  const refusal = (call) => call.then(() => 'done', ({ status, retryAfter, problem }) => ({ status, retryAfter, id: problem?.instance }))
  const make = (empid) => sdk.createEmployee({ client, body: { empid, empname: 'Srinu', salary: '20000.00' } })
  const first = await make(101)
  told.created = [first.response.status, first.response.headers.get('Location'), first.response.headers.get('Request-Id')]
  await make(102)
  await make(103)
  told.listed = []
  for await (const { empid } of sdk.each(sdk.listEmployees, { client, query: { limit: 1 } })) told.listed.push(empid)
  told.total = (await sdk.listEmployees({ client, query: { count: true } })).response.headers.get('X-Total-Count')
  const { response } = await sdk.getEmployee({ client, path: { empid: 101 } })
  const tag = response.headers.get('ETag')
  const change = (salary) => sdk.updateEmployee({ client, path: { empid: 101 }, headers: { 'If-Match': tag }, body: { salary } })
  told.updated = (await change('21000.50')).data.salary
  told.stale = await refusal(change('1.00'))
  told.duplicate = await refusal(make(101))
  told.missing = await refusal(sdk.getEmployee({ client, path: { empid: 999 } }))
  told.deleted = (await sdk.deleteEmployee({ client, path: { empid: 103 } })).response.status
  const stranger = sdk.createClient({ baseUrl: url, token: 'lk_wrong' })
  told.stranger = await refusal(sdk.listEmployees({ client: stranger }))
  const { data } = await sdk.createToken({ client, body: { name: 'one', scopes: ['employees:read'], rate_limit: { requests: 1, seconds: 600 } } })
  const limited = sdk.createClient({ baseUrl: url, token: data.token })
  told.budget = (await sdk.listEmployees({ client: limited })).response.headers.get('RateLimit')
  told.limited = await refusal(sdk.listEmployees({ client: limited }))
  return told
}`

/** Every way in which a page can ask for what no other origin may have: nothing of it can be read. */
const SNEAK = `async ({ url, paths }) => {
  const seen = []
  for (const path of paths)
    for (const credentials of ['omit', 'include'])
      await fetch(url + path, { credentials }).then(({ status }) => seen.push([path, status]), () => {})
  return seen
}`

interface Told {
  created: [number, string, string]
  [step: string]: unknown
}

describe('a page of another origin, in Chromium', function () {
  this.timeout(120_000)
  let database: Database
  let server: ServerProcess
  let browser: Browser
  const sites: Server[] = []
  let listed: string
  /** Of the same host as the service, so that a browser sends the cookie along where a page asks for it. */
  let sameSite: string
  let unlisted: string

  before(async () => {
    await promisify(execFile)(process.execPath, ['build/src/document/sdk/generate.js', 'typescript'])
    const ports = [await site(sites), await site(sites)]
    listed = `http://localhost:${ports[0]}`
    sameSite = `http://127.0.0.1:${ports[0]}`
    unlisted = `http://localhost:${ports[1]}`
    database = await freshDatabase()
    server = await ServerProcess.start({ ...database.env, ...FIRST, LATCHKEY_CORS_ORIGINS: `${listed},${sameSite}` })
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
    })
  })

  after(async () => {
    await browser?.close()
    await server?.stop()
    for (const site of sites) site.close()
    await database.remove()
  })

  const on = async <Result>(origin: string, use: (page: Page) => Promise<Result>) => {
    const page = await browser.newPage()
    try {
      await page.goto(origin)
      return await use(page)
    } finally {
      await page.close()
    }
  }

  it('that is listed signs in, reads, changes and deletes with the client, and can read every refusal', async () => {
    const preflights: string[] = []
    const told = await on(listed, (page) => {
      page.on('request', (request) => {
        if (request.method() === 'OPTIONS') preflights.push(request.url())
      })
      return page.evaluate<Told>(`(${USE})(${JSON.stringify({ url: server.url, account: CREDENTIALS })})`)
    })
    const [status, location, id] = told.created
    expect([status, location]).to.deep.equal([201, '/api/emp_viewset/101'])
    expect(id).to.match(/^[\da-f-]{36}$/)
    expect(told.listed).to.deep.equal([101, 102, 103])
    expect(told.total).to.equal('3')
    expect(told.updated).to.equal('21000.50')
    expect(told.deleted).to.equal(204)
    expect(told.budget).to.match(/^"token";r=0;t=\d+$/)
    for (const [step, expected] of Object.entries({
      stale: 412,
      duplicate: 409,
      missing: 404,
      stranger: 401,
      limited: 429,
    })) {
      const refusal = told[step] as { status: number; id: string }
      expect(refusal, step).to.include({ status: expected })
      expect(refusal.id).to.match(/^urn:uuid:/)
    }
    expect(told.limited).to.have.property('retryAfter').that.is.above(0)
  })

  it('that is not listed reads nothing and changes nothing', async () => {
    const before = await count()
    const failure = await on(unlisted, (page) =>
      page.evaluate(`(${USE})(${JSON.stringify({ url: server.url, account: CREDENTIALS })})`).then(
        () => undefined,
        (error: Error) => error.message,
      ),
    )
    expect(failure).to.match(/Failed to fetch/)
    expect(await count()).to.equal(before)
  })

  it('that is listed reads no session, check or page, with a cookie or without', async () => {
    const paths = [
      '/api/sessions/current',
      '/api/sessions',
      '/api/checks/employees:read',
      '/admin/',
      '/account/',
      '/metrics',
      '/healthz',
    ]
    const seen = await on(sameSite, async (page) => {
      const cookie = await sessionCookie()
      await page.context().addCookies([cookie])
      return page.evaluate<unknown[]>(`(${SNEAK})(${JSON.stringify({ url: server.url, paths })})`)
    })
    expect(seen).to.deep.equal([])
  })

  it('that is listed changes nothing by the cookie of who reads it', async () => {
    const before = await count()
    const outcome = await on(sameSite, async (page) => {
      await page.context().addCookies([await sessionCookie()])
      return page.evaluate<string>(`fetch(${JSON.stringify(`${server.url}/api/emp_viewset`)}, {
        method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ empid: 999, empname: 'Mallory', salary: 1 }),
      }).then(({ status }) => 'read ' + status, () => 'nothing')`)
    })
    expect(outcome).to.equal('nothing')
    expect(await count()).to.equal(before)
  })

  const count = async () =>
    (await server.fetch('/api/emp_viewset?count=true', { token: await server.signIn() })).headers.get('X-Total-Count')

  /** Of somebody who has signed in on the admin site with the same browser. */
  async function sessionCookie() {
    const signIn = await fetch(`${server.url}/api/sessions/current`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
      body: JSON.stringify(CREDENTIALS),
    })
    const [pair] = signIn.headers.get('set-cookie')!.split(';')
    const [name, value] = pair!.split('=') as [string, string]
    return { name, value, url: server.url, httpOnly: true, sameSite: 'Strict' as const }
  }
})

/** An application: an empty page, and the client beside it. @returns its port */
async function site(sites: Server[]): Promise<number> {
  const server = createServer(async ({ url = '/' }, response) => {
    const file = url.startsWith('/client/') ? join(CLIENT, url.slice('/client/'.length)) : undefined
    if (!file)
      return void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>app</title>')
    if (!existsSync(file) || basename(file).startsWith('.')) return void response.writeHead(404).end()
    response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(await readFile(file))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  sites.push(server)
  return (server.address() as AddressInfo).port
}
