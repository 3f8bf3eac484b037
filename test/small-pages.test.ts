import { expect } from 'chai'
import type { User } from '../src/identity/users/user.js'
import { cookieFor, makeEmployees, makePersonal, makeUser, type RawAnswer, raw } from './support.js'

/** What browsers and other programs send when nobody has told them what to send. */
const BROWSERS = {
  Chromium:
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  Firefox: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'an old Internet Explorer': 'text/html, application/xhtml+xml, */*',
  'one that takes no JSON': 'text/html, application/xhtml+xml',
  'one that writes in capitals': 'Text/HTML,Application/XHTML+XML;Q=0.9,*/*;q=0.8',
  'one with parameters': 'text/html; charset=utf-8, application/xhtml+xml; charset=utf-8; q=0.9, */*; q=0.1',
}
const PROGRAMS = {
  Java: 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2',
  curl: '*/*',
  axios: 'application/json, text/plain, */*',
  'one that likes JSON better': 'application/json, text/html;q=0.9, application/xhtml+xml;q=0.9',
  'one that names JSON first': 'application/json, text/html, application/xhtml+xml',
  'one that refuses XHTML': 'text/html, application/xhtml+xml;q=0, */*;q=0.8',
  'one that names XHTML alone': 'application/xhtml+xml, */*;q=0.8',
}

const BROWSER = BROWSERS.Firefox
const VARY = 'Accept, Authorization, Cookie'
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

let user: User
let cookie: string

const open = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  raw(method, path, { headers: { accept: BROWSER, ...headers } })
const isPage = ({ headers }: RawAnswer) => headers['content-type'] === 'text/html; charset=utf-8'

async function signIn() {
  user = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
  cookie = await cookieFor(user)
}

describe('a browser that opens an address of the API', () => {
  beforeEach(signIn)

  it('gets the same data with the name of the operation and the ways on', async () => {
    await makeEmployees({ empid: 101, empname: 'Srinu' })
    const { status, headers, text } = await open('/api/emp_viewset', { cookie })
    expect(status).to.equal(200)
    expect(headers['content-type']).to.equal('text/html; charset=utf-8')
    expect(text).to.contain('<h1>List employees</h1>').and.contain('GET /api/emp_viewset')
    expect(dataIn(text)).to.deep.equal([{ empid: 101, empname: 'Srinu', salary: '20000.00' }])
    for (const way of ['/docs/#/employees/listEmployees', '/account/', '/admin/'])
      expect(text).to.contain(`<a href="${way}">`)
  })

  it('can follow the root to the employees', async () => {
    const { text } = await open('/api/', { cookie })
    const address = 'http://localhost:8000/api/emp_viewset'
    expect(text).to.contain(`<a href="${address}">${address}</a>`)
  })

  it('can follow a list to its next page and back', async () => {
    await makeEmployees({ empid: 1 }, { empid: 2 }, { empid: 3 })
    const { text } = await open('/api/emp_viewset?limit=1&offset=1', { cookie })
    const next = /<a href="([^"]*)" rel="next">Next page</.exec(text)![1]!.replaceAll('&amp;', '&')
    expect(
      dataIn((await open(new URL(next).pathname + new URL(next).search, { cookie })).text),
    ).to.have.nested.property('[0].empid', 3)
    expect(text).to.match(/rel="prev">Previous page</)
  })

  it('sees a stored name as text, and no address of another place as a link', async () => {
    const names = ['<script>a()</script>', '"><img src=x>', 'http://evil/&quot;', "javascript:a('`b`')"]
    await makeEmployees(...names.map((empname, empid) => ({ empid, empname })))
    const { text } = await open('/api/emp_viewset', { cookie })
    expect(dataIn(text).map(({ empname }: { empname: string }) => empname)).to.deep.equal(names)
    expect(text).not.to.match(/<script|<img|href="(?!\/)/)
  })

  for (const [who, accept] of Object.entries(BROWSERS))
    it(`is known by its Accept: ${who}`, async () => {
      expect(await open('/api/', { cookie, accept })).to.satisfy(isPage)
      expect(await open('/api/', { accept })).to.satisfy(isPage)
    })

  for (const [who, accept] of Object.entries(PROGRAMS))
    it(`is no program: ${who} gets JSON`, async () => {
      const data = await open('/api/', { cookie, accept })
      expect([data.status, data.headers['content-type']]).to.deep.equal([200, 'application/json; charset=utf-8'])
      expect((await open('/api/', { accept })).headers['content-type']).to.equal('application/problem+json')
    })

  it('is described by every header that matters, also for HEAD', async () => {
    for (const [path, status] of [
      ['/api/emp_viewset', 200],
      ['/api/emp_viewset/7', 404],
    ] as const) {
      const got = await open(path, { cookie })
      const head = await open(path, { cookie }, 'HEAD')
      expect(got.status).to.equal(status)
      expect(got.headers).to.include({
        vary: VARY,
        'cache-control': 'private, no-cache',
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
      })
      expect(head.text).to.equal('')
      expect(timeless(head)).to.deep.equal(timeless(got))
    }
  })

  it('has a tag of its own, which is no tag of the JSON', async () => {
    await makeEmployees({ empid: 1 })
    for (const path of ['/api/emp_viewset/1', '/api/emp_viewset', `/api/users/${user.id}`]) {
      const page = await open(path, { cookie })
      const json = await open(path, { cookie, accept: '*/*' })
      expect(page.headers.etag).to.match(/^"[\w-]{22}"$/)
      const ask = (accept: string, tag: string) => open(path, { cookie, accept, 'if-none-match': tag })
      expect((await ask(BROWSER, page.headers.etag!)).status).to.equal(304)
      expect((await ask(BROWSER, json.headers.etag!)).status).to.equal(200)
      expect((await ask('*/*', page.headers.etag!)).status).to.equal(200)
    }
  })

  it('that has read a part gets the whole again', async () => {
    const { status, headers, text } = await open('/api/', { cookie, range: 'bytes=0-9' })
    expect(status).to.equal(200)
    expect(headers).not.to.include.keys('content-range', 'accept-ranges')
    expect(text).to.match(/^<!doctype html>.*<\/html>\n$/s)
  })
})

describe('a browser that meets a problem', () => {
  beforeEach(signIn)

  it('says how to sign in if nobody is signed in', async () => {
    const { status, headers, text } = await open('/api/emp_viewset')
    expect(status).to.equal(401)
    expect(headers).to.include({
      'www-authenticate': 'Token realm="latchkey"',
      'cache-control': 'no-store',
      vary: VARY,
    })
    expect(text).to.contain('<h1>Not authenticated (401)</h1>').and.contain('<a href="/account/">Sign in</a>')
    expect(dataIn(text)).to.include({ status: 401, title: 'Not authenticated' })
  })

  const refusals: Record<string, [status: number, ask: () => Promise<RawAnswer>]> = {
    'an unknown path': [404, () => open('/nowhere', { cookie })],
    'an unknown file of the docs': [404, () => open('/docs/nowhere')],
    'an unknown file of the admin site': [404, () => open('/admin/nowhere')],
    'an unknown employee': [404, () => open('/api/emp_viewset/7', { cookie })],
    'an unknown filter': [400, () => open('/api/emp_viewset?colour=red', { cookie })],
    'a path for programs that send something': [405, () => open('/api/setup')],
    'a host that is not served': [400, () => open('/api/', { host: 'evil.example' })],
    'a whole URL of another host': [400, () => open('http://evil.example/api/')],
    'a token that may not': [
      403,
      async () => open('/api/users', { authorization: `Token ${(await makePersonal(user)).value}` }),
    ],
    'a token that has asked too often': [
      429,
      async () => {
        const { value } = await makePersonal(user, { rateLimit: { requests: 1, seconds: 60 } })
        await open('/api/emp_viewset', { authorization: `Token ${value}` })
        return open('/api/emp_viewset', { authorization: `Token ${value}` })
      },
    ],
  }
  for (const [what, [status, ask]] of Object.entries(refusals))
    it(`gets it as a page: ${what}`, async () => {
      const answer = await ask()
      expect(answer.status).to.equal(status)
      expect(answer).to.satisfy(isPage)
      expect(answer.headers).to.include({
        vary: VARY,
        'cache-control': 'private, no-cache',
        'content-security-policy': POLICY,
      })
      expect(answer.text).to.contain(`(${status})</h1>`)
      expect(dataIn(answer.text)).to.include({ status })
      expect(answer.text).not.to.contain('evil.example')
    })

  it('of a host that is not served is led nowhere on it', async () => {
    expect((await open('/api/', { host: 'evil.example' })).text).not.to.match(/href|src=/)
  })

  it('is shown nothing of what was asked for', async () => {
    for (const path of [
      '/%3Cscript%3Ea()%3C/script%3E',
      '/api/emp_viewset?x=<b>&search=planted',
      '/planted',
      '/api/tokens/planted',
    ]) {
      const { status, text } = await open(path, { cookie })
      expect(status).to.be.oneOf([400, 404])
      expect(text).not.to.match(/<script|<b>|planted|a\(\)/)
    }
  })

  it('has for / the redirect, and no page', async () => {
    const { status, headers } = await open('/')
    expect([status, headers.location, headers.vary]).to.deep.equal([302, '/docs/', 'Accept'])
  })
})

describe('what is for programs is no page', () => {
  beforeEach(signIn)

  for (const path of [
    '/gettoken/',
    '/gettoken',
    '/api/introspect',
    '/api/checks/employees:read',
    '/api/checks/',
    '/metrics',
  ])
    it(path, async () => {
      for (const sent of [{}, { cookie }, { authorization: 'Token junk' }] as Record<string, string>[])
        expect(await open(path, sent)).not.to.satisfy(isPage)
    })

  for (const path of ['/openapi.json', '/postman_collection.json', '/healthz', '/readyz'])
    it(path, async () => {
      const { status, headers } = await open(path)
      expect([status, headers['content-type']]).to.deep.equal([200, 'application/json; charset=utf-8'])
    })

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    it(`${method}`, async () => {
      expect(await open('/api/emp_viewset/1', { cookie, 'sec-fetch-site': 'same-origin' }, method)).not.to.satisfy(
        isPage,
      )
    })
})

describe('every response that could be a page', () => {
  beforeEach(signIn)

  const sent: Record<string, Record<string, string>> = {
    'a program': { accept: '*/*' },
    'a browser': { accept: BROWSER },
  }
  const paths = [
    '/api/',
    '/api/emp_viewset',
    '/api/emp_viewset/7',
    '/api/emp_viewset?colour=red',
    '/nowhere',
    '/docs/nowhere',
    '/api/setup',
  ]
  for (const [who, headers] of Object.entries(sent))
    for (const path of paths)
      for (const known of ['signed in', 'unknown'])
        it(`says so to ${who} that is ${known}: ${path}`, async () => {
          const answer = await raw('GET', path, { headers: { ...headers, ...(known === 'signed in' && { cookie }) } })
          expect(answer.headers.vary).to.equal(VARY)
          expect(answer.headers['cache-control']).to.equal(answer.status === 401 ? 'no-store' : 'private, no-cache')
        })

  for (const [what, headers] of Object.entries<Record<string, string>>({
    'a host that is not served': { host: 'evil.example' },
    'an Accept without JSON': { accept: 'text/plain' },
    'an Accept that is too long': { accept: `${BROWSER},${'a/b,'.repeat(1000)}` },
  }))
    it(`says so to ${what}`, async () => {
      const answer = await raw('GET', '/api/', { headers })
      expect(answer.status).to.be.within(400, 406)
      expect(answer.headers).to.include({
        vary: VARY,
        'cache-control': 'private, no-cache',
        'content-type': 'application/problem+json',
      })
    })
})

/** What the page shows, read as whoever sees it would. */
function dataIn(page: string) {
  const [, shown] = /<pre><code>(.*)<\/code><\/pre>/s.exec(page)!
  const text = shown!.replace(/<\/?a[^>]*>/g, '')
  return JSON.parse(
    text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  )
}

/** Without what is another one each time. */
function timeless({ status, headers: { date: _date, 'request-id': _id, ...headers } }: RawAnswer) {
  return { status, headers }
}
