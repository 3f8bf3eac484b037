import { request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { createApp } from '../src/http/app.js'
import { requireForeignPrefix } from '../src/http/prefix.js'
import { serverOf } from '../src/http/server.js'
import { beginSession } from '../src/identity/sessions/session.js'
import type { User } from '../src/identity/users/user.js'
import { ConfigError, settings } from '../src/platform/config.js'
import { operations } from './document.js'
import { accountOf, makeEmployees, makeUser, PASSWORD, TESTER } from './support.js'

const PUBLIC = 'https://example.com/tokens'
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }

/** What a proxy sends for `https://example.com/tokens/…`, by what it puts before the rest. */
const PROXIES = { 'a proxy that takes the path away': '', 'a proxy that leaves the path as it is': '/tokens' }

interface Got {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

let server: Server
let root: User
let token: string

/** A request with this target as it stands. */
function ask(
  target: string,
  { method = 'GET', headers = {}, json }: { method?: string; headers?: Record<string, string>; json?: object } = {},
): Promise<Got> {
  const { port } = server.address() as AddressInfo
  const all = { host: 'example.com', ...headers }
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, method, path: target, headers: all, agent: false })
      .on('error', reject)
      .on('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
      })
      .end(json && JSON.stringify(json))
  })
}

const withToken = () => ({ authorization: `Token ${token}`, 'content-type': 'application/json' })

describe('a service under a path', () => {
  before(async () => {
    const given = { ...settings(), publicUrl: new URL(`${PUBLIC}/`) }
    server = serverOf(createApp(given), given).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
  })

  beforeEach(async () => {
    root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    token = await accountOf(root)
  })

  after(() => {
    server.closeAllConnections()
    server.close()
  })

  for (const [proxy, before] of Object.entries(PROXIES))
    describe(`behind ${proxy}`, () => {
      /** What it sends for an address that a client has been given. */
      const sent = (address: string) => {
        expect(address).to.match(/^https:\/\/example\.com\/tokens\//)
        return before + address.slice(PUBLIC.length)
      }
      const follow = (address: string, from = `${PUBLIC}/`) =>
        ask(sent(new URL(address, from).href), { headers: withToken() })

      it('has links that lead on', async () => {
        await makeEmployees({ empid: 1 }, { empid: 2 })
        const { emp_viewset: link } = JSON.parse((await ask(`${before}/api/`, { headers: withToken() })).text)
        expect(link).to.equal(`${PUBLIC}/api/emp_viewset`)
        const first = await ask(`${sent(link)}?limit=1`, { headers: withToken() })
        const [, next] = /^<([^>]+)>; rel="next"$/.exec(String(first.headers.link))!
        expect(JSON.parse((await follow(next!)).text)).to.have.nested.property('0.empid', 2)
      })

      it('has a link to set a password', async () => {
        const { id } = await makeUser()
        const { text } = await ask(`${before}/api/users/${id}/password-link`, { method: 'POST', headers: withToken() })
        expect(JSON.parse(text).link).to.match(/^https:\/\/example\.com\/tokens\/account\/#password=/)
      })

      for (const [path, json] of Object.entries({
        '/api/emp_viewset': { empid: 7, empname: 'Srinu', salary: 1 },
        '/api/users': { username: 'ravi' },
        '/api/groups': { name: 'payroll', scopes: [] },
        '/api/scopes': { name: 'reports:read' },
        '/api/tokens': { name: 'report', scopes: ['employees:read'] },
      }))
        it(`has in Location where the new row of ${path} is`, async () => {
          const { status, headers, text } = await ask(before + path, { method: 'POST', headers: withToken(), json })
          expect(status, text).to.equal(201)
          expect(headers.location).to.match(new RegExp(`^/tokens${path}/[\\w:]+$`))
          expect((await follow(headers.location!)).status).to.equal(200)
        })

      it('has problems that lead to what they mean', async () => {
        const { status, headers, text } = await ask(`${before}/api/emp_viewset/1`)
        expect(status).to.equal(401)
        expect(headers['www-authenticate']).to.equal('Token realm="latchkey"')
        const { type } = JSON.parse(text)
        expect(type).to.equal('/tokens/docs/problems/not-authenticated')
        expect((await follow(type)).text).to.contain('<h1>')
      })

      it('has a session whose cookie goes to this path alone, and away again', async () => {
        const place = 'Path=/tokens/; HttpOnly; SameSite=Strict; Secure'
        const path = `${before}/api/sessions/current`
        const json = { username: 'root', password: PASSWORD }
        const begun = await ask(path, { method: 'POST', headers: SAME_ORIGIN, json })
        const [set] = begun.headers['set-cookie'] ?? []
        expect(set).to.match(new RegExp(`^__Secure-latchkey_session=lks_\\w{49}; ${place}$`))
        const [cookie] = set!.split(';')
        expect((await ask(path, { headers: { cookie: cookie! } })).status).to.equal(200)
        const ended = await ask(path, { method: 'DELETE', headers: { ...SAME_ORIGIN, cookie: cookie! } })
        expect(ended.headers['set-cookie']).to.deep.equal([`__Secure-latchkey_session=; ${place}; Max-Age=0`])
      })

      for (const [path, target] of Object.entries({
        '/': '/docs/',
        '': '/docs/',
        '/?a=b': '/docs/',
        '/docs': '/docs/',
        '/docs/problems': '/docs/problems/',
        '/admin': '/admin/',
        '/account': '/account/',
      }).filter(([path]) => path.startsWith('/') || before !== ''))
        it(`redirects from ${path || 'the path without its slash'} to ${target}`, async () => {
          const { status, headers } = await ask(before + path, { headers: { accept: BROWSER } })
          expect([status, headers.location]).to.deep.equal([302, `/tokens${target}`])
        })

      for (const path of [
        '/docs/',
        '/admin/',
        '/account/',
        '/docs/problems/',
        '/docs/problems/not-found',
        '/api/emp_viewset?limit=1',
        '/api/emp_viewset/404',
      ])
        it(`${path} names nothing but what is there`, async () => {
          await makeEmployees({ empid: 1 }, { empid: 2 })
          const page = await ask(before + path, { headers: { ...withToken(), accept: BROWSER } })
          expect(page.headers['content-type']).to.match(/^text\/html/)
          const named = [...page.text.matchAll(/(?:href|src)="([^"#]+)/g)].map(([, address]) =>
            address!.replaceAll('&amp;', '&'),
          )
          expect(named).to.have.length.above(1)
          for (const address of named) expect((await follow(address, PUBLIC + path)).status, address).to.equal(200)
        })

      it('serves a document whose server is the public URL', async () => {
        const { text, headers } = await ask(`${before}/openapi.json`)
        const { servers, paths } = JSON.parse(text)
        expect(servers).to.deep.equal([{ url: PUBLIC }])
        expect(headers.vary).to.equal('Accept-Encoding')
        expect(Object.keys(paths)).to.have.members([...new Set(operations.map(({ path }) => path))])
        const again = await ask(`${before}/openapi.json`, { headers: { 'if-none-match': headers.etag! } })
        expect(again.status).to.equal(304)
      })

      it('serves a Postman collection that asks this path', async () => {
        const { variable } = JSON.parse((await ask(`${before}/postman_collection.json`)).text)
        expect(variable).to.deep.include({ key: 'baseUrl', value: PUBLIC })
      })

      for (const path of [
        '/healthz',
        '/readyz',
        '/metrics',
        '/api/checks/employees:read',
        '/api/checks/employees:read/tokens/x?a=b',
      ])
        it(`is asked for ${path}`, async () => {
          const { status, text } = await ask(before + path, { headers: { ...withToken(), accept: '*/*' } })
          expect(status, text).to.equal(200)
        })
    })

  it('takes no cookie of another name', async () => {
    const { value } = await beginSession(root, undefined, TESTER)
    const statuses = ['__Secure-latchkey_session', '__Host-latchkey_session', 'latchkey_session'].map(
      async (name) => (await ask('/tokens/api/', { headers: { cookie: `${name}=${value}` } })).status,
    )
    expect(await Promise.all(statuses)).to.deep.equal([200, 401, 401])
  })

  it('takes a change by the cookie from its origin, and from no other', async () => {
    const { value } = await beginSession(root, undefined, TESTER)
    const cookie = `__Secure-latchkey_session=${value}`
    const send = async (origin: string) => {
      const headers = { cookie, origin, 'content-type': 'application/json' }
      return (await ask('/tokens/api/groups', { method: 'POST', headers, json: { name: 'payroll', scopes: [] } }))
        .status
    }
    expect([
      await send('https://www.example.com'),
      await send(PUBLIC),
      await send('https://example.com'),
    ]).to.deep.equal([403, 403, 201])
  })

  it('says nothing of TLS for the whole host, which is others’ too', async () => {
    expect((await ask('/tokens/api/')).headers).not.to.have.property('strict-transport-security')
  })

  for (const target of [
    '/tokensx',
    '/tokensx/healthz',
    '/token/healthz',
    '/Tokens/healthz',
    '/%74okens/healthz',
    '/tokens%2fhealthz',
  ])
    it(`is not found at ${target}`, async () => {
      expect((await ask(target)).status).to.equal(404)
    })

  for (const target of [
    '/tokens/tokens/healthz',
    '//tokens/healthz',
    '/x/tokens/healthz',
    '/tokens/../healthz',
    '/tokens//healthz',
  ])
    it(`takes its path away once and from the start alone: ${target}`, async () => {
      expect((await ask(target)).status).to.equal(404)
    })

  for (const target of [
    '/tokens//evil.example',
    '/tokens//evil.example/',
    '/tokens//evil.example/admin',
    '/tokens///evil.example/docs',
    '/tokens/\\evil.example/account',
    '/tokens//docs',
    '/tokens//admin/assets',
    '/tokens/admin/assets',
    '//evil.example/admin',
    '/tokens?//evil.example/docs',
  ])
    it(`leads nobody to another host: ${target}`, async () => {
      const { headers } = await ask(target, { headers: { accept: BROWSER } })
      expect(headers.location ?? '/tokens/').to.match(/^\/tokens\/(\w[\w/]*)?$/)
    })

  it('is asked by a whole URL, too', async () => {
    const statuses = ['/tokens/healthz', '/healthz', '/tokensx/healthz'].map(
      async (path) => (await ask(`http://example.com${path}`)).status,
    )
    expect(await Promise.all(statuses)).to.deep.equal([200, 200, 404])
  })

  it('believes no header that names another path', async () => {
    const named = { 'x-forwarded-prefix': '/evil', 'x-script-name': '/evil', 'x-original-uri': '/evil/' }
    const { text } = await ask('/tokens/api/', { headers: { ...withToken(), ...named } })
    expect(JSON.parse(text)).to.deep.equal({ emp_viewset: `${PUBLIC}/api/emp_viewset` })
  })
})

describe('a public URL', () => {
  for (const path of [
    '/api',
    '/admin',
    '/docs',
    '/docs/problems',
    '/account',
    '/healthz',
    '/metrics',
    '/gettoken',
    '/api/emp_viewset',
    '/api/users/7',
    '/api/checks/a:read/b',
    '/openapi.json',
  ])
    it(`is refused whose path is the service’s own: ${path}`, () => {
      expect(() => requireForeignPrefix(path)).to.throw(ConfigError, /^LATCHKEY_PUBLIC_URL .*$/)
    })

  for (const path of ['', '/tokens', '/api/auth', '/apis', '/a/api', '/admin/tokens', '/docs-of-tokens'])
    it(`is taken with the path ${path || 'of an origin of its own'}`, () => {
      expect(() => requireForeignPrefix(path)).not.to.throw()
    })
})
