import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { createApp } from '../src/http/app.js'
import { serverOf } from '../src/http/server.js'
import { settings } from '../src/platform/config.js'
import { exampleBody, type Operation, operations } from './document.js'
import {
  accountOf,
  cookieFor,
  EVERYONE_SCOPES,
  makeEmployees,
  makePersonal,
  makeUser,
  PASSWORD,
  type RawAnswer,
  raw,
} from './support.js'

const APP = 'https://app.example.com'

/** What no page of another origin has a use for, by operationId. */
const NEVER = [
  'checkToken',
  'createCurrentSession',
  'createFirstSuperuser',
  'createPasswordLink',
  'deleteCurrentSession',
  'deleteSession',
  'deleteSessions',
  'deleteUserSession',
  'getCurrentSession',
  'getMetrics',
  'introspectToken',
  'listSessions',
  'listUserSessions',
  'setPasswordByLink',
]

const shared = operations.filter(({ operationId }) => !NEVER.includes(operationId))
const unshared = operations.filter(({ operationId }) => NEVER.includes(operationId))

/** Nearly the listed one, and what browsers say where they have no origin to name. */
const FOREIGN = [
  'https://evil.example',
  'https://app.example.com.evil.example',
  'https://evil-app.example.com',
  'https://sub.app.example.com',
  'https://app.example.com:8443',
  'http://app.example.com',
  'https://app.example.com/',
  'https://APP.example.com',
  `${APP}, https://evil.example`,
  `${APP} https://evil.example`,
  'null',
  '*',
  '',
]

const JSON_TYPE = { 'content-type': 'application/json' }

describe('a page of another origin', () => {
  let server: Server
  let port: number

  before(async () => {
    const app = createApp({ ...settings(), corsOrigins: [APP, 'http://localhost:3000'] })
    server = serverOf(app, settings()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })

  after(() => {
    server.closeAllConnections()
    server.close()
  })

  const send = (method: string, path: string, headers: Record<string, string> = {}, body?: unknown) =>
    raw(method, path, { port, headers, body: body === undefined ? undefined : JSON.stringify(body) })

  const preflight = (method: string, path: string, origin: string) =>
    send('OPTIONS', path, {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type',
      'sec-fetch-mode': 'cors',
      'sec-fetch-site': 'cross-site',
    })

  for (const operation of shared)
    it(`that is listed may use ${operation.operationId}, after a preflight without a token`, async () => {
      const { status, headers } = await preflight(operation.method, pathOf(operation), APP)
      expect(status).to.equal(204)
      expect(headers['access-control-allow-origin']).to.equal(APP)
      expect(listed(headers['access-control-allow-methods'])).to.include(operation.method)
      expect(listed(headers['access-control-allow-headers'])).to.have.members([
        'Authorization',
        'Content-Type',
        'If-Match',
        'If-None-Match',
        'Idempotency-Key',
        'X-Request-Id',
        'traceparent',
      ])
      expect(headers['access-control-max-age']).to.equal('7200')
      expect(headers).not.to.have.property('access-control-allow-credentials')
    })

  for (const operation of unshared)
    it(`that is listed may not use ${operation.operationId}`, async () => {
      const path = pathOf(operation)
      const marks = { origin: APP, 'sec-fetch-site': 'cross-site', ...JSON_TYPE }
      const answers = [
        await preflight(operation.method, path, APP),
        await send(operation.method, path, marks, operation.method === 'GET' ? undefined : exampleBody(operation)),
      ]
      for (const answer of answers) expect(permissions(answer)).to.deep.equal([])
    })

  for (const path of ['/', '/admin/', '/account/', '/docs/', '/healthz', '/readyz'])
    it(`that is listed may not read ${path}`, async () => {
      expect(permissions(await send('GET', path, { origin: APP }))).to.deep.equal([])
    })

  for (const origin of FOREIGN)
    it(`that is not listed gets no permission: ${origin || 'an empty one'}`, async () => {
      const authorization = `Token ${await accountOf(await makeUser())}`
      for (const answer of [
        await preflight('POST', '/api/emp_viewset', origin),
        await send('GET', '/api/emp_viewset', { origin, authorization }),
        await send('GET', '/api/nowhere', { origin }),
        await send('POST', '/gettoken/', { origin, ...JSON_TYPE }, { username: 'a', password: 'b' }),
      ])
        expect(permissions(answer)).to.deep.equal([])
    })

  for (const path of ['/api/emp_viewset?limit=2&search=a', '/api/emp_viewset/abc', '/api/nowhere', '/api/emp_viewset/'])
    it(`may ask before ${path}, whose response it shall be able to read`, async () => {
      const { status, headers } = await preflight('GET', path, APP)
      expect(status).to.equal(204)
      expect(listed(headers['access-control-allow-methods'])).to.include('GET')
    })

  it('may use the methods that a path has, and no other', async () => {
    const { headers } = await preflight('PUT', '/api/emp_viewset', APP)
    expect(listed(headers['access-control-allow-methods'])).to.have.members(['GET', 'HEAD', 'POST'])
  })

  it('leaves an OPTIONS that is no preflight as it is', async () => {
    const { status, headers } = await send('OPTIONS', '/api/emp_viewset', { origin: APP })
    expect(status).to.equal(204)
    expect(headers.allow).to.equal('GET, HEAD, OPTIONS, POST')
  })

  it('can read every refusal', async () => {
    const user = await makeUser()
    const { value } = await makePersonal(user, { rateLimit: { requests: 1, seconds: 60 } })
    const limited = { authorization: `Token ${value}` }
    const good = { authorization: `Token ${await accountOf(user)}`, ...JSON_TYPE }
    await makeEmployees({ empid: 101 })
    await send('GET', '/api/emp_viewset', limited)
    const employee = { empid: 101, empname: 'Srinu', salary: 1 }
    const answers: Record<number, Promise<RawAnswer>> = {
      400: send('GET', '/api/emp_viewset?colour=red', { ...good, origin: APP }),
      401: send('GET', '/api/emp_viewset', { origin: APP }),
      403: send('GET', '/api/events', { ...good, origin: APP }),
      404: send('GET', '/api/nowhere', { origin: APP }),
      405: send('PATCH', '/api/emp_viewset', { origin: APP }),
      406: send('GET', '/api/emp_viewset', { origin: APP, accept: 'text/csv' }),
      409: send('POST', '/api/emp_viewset', { ...good, origin: APP }, employee),
      412: send('PATCH', '/api/emp_viewset/101', { ...good, origin: APP, 'if-match': '"other"' }, { salary: 2 }),
      413: send('POST', '/gettoken/', { origin: APP, ...JSON_TYPE }, { username: 'a'.repeat(70_000) }),
      415: send('POST', '/gettoken/', { origin: APP, 'content-type': 'text/plain' }, {}),
      429: send('GET', '/api/emp_viewset', { ...limited, origin: APP }),
      431: send('GET', '/api/nowhere', { origin: APP, ...manyHeaders() }),
    }
    for (const [status, sent] of Object.entries(answers)) {
      const answer = await sent
      expect(answer.status, answer.text).to.equal(Number(status))
      expect(answer.headers['access-control-allow-origin'], status).to.equal(APP)
      expect(listed(answer.headers['access-control-expose-headers'])).to.include.members(['Retry-After', 'Request-Id'])
    }
  })

  it('can read every header that the document names for what it may use', async () => {
    const { headers } = await send('GET', '/api/', { origin: APP })
    const named = shared.flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ headers = {} }) => Object.keys(headers)),
    )
    expect(listed(headers['access-control-expose-headers'])).to.include.members([
      ...named,
      'ETag',
      'Link',
      'Location',
      'X-Total-Count',
      'Retry-After',
      'RateLimit',
      'RateLimit-Policy',
      'Token-Expires-At',
      'Token-Replaced',
      'Request-Id',
    ])
  })

  for (const origin of [APP, 'https://evil.example', undefined])
    it(`makes every response vary by it as well: ${origin ?? 'none'}`, async () => {
      const marks: Record<string, string> = origin === undefined ? {} : { origin }
      const good = { ...marks, authorization: `Token ${await accountOf(await makeUser())}` }
      await makeEmployees({ empid: 101 })
      const read = await send('GET', '/api/emp_viewset/101', good)
      const answers = {
        200: read,
        304: await send('GET', '/api/emp_viewset/101', { ...good, 'if-none-match': String(read.headers.etag) }),
        401: await send('GET', '/api/emp_viewset/101', marks),
        404: await send('GET', '/api/emp_viewset/7', good),
      }
      for (const [status, answer] of Object.entries(answers)) {
        expect(answer.status).to.equal(Number(status))
        expect(listed(answer.headers.vary), status).to.have.members(['Accept', 'Authorization', 'Cookie', 'Origin'])
      }
      expect(listed((await send('OPTIONS', '/api/', marks)).headers.vary)).to.include('Origin')
      expect(listed((await send('GET', '/openapi.json', marks)).headers.vary)).to.have.members([
        'Accept-Encoding',
        'Host',
        'Origin',
      ])
    })

  for (const origin of [APP, 'http://localhost:3000'])
    it(`that is listed, ${origin}, changes nothing by the cookie of a session`, async () => {
      const cookie = await cookieFor(await makeUser({ username: 'root', isSuperuser: true, isStaff: true }))
      for (const site of ['cross-site', 'same-site', undefined]) {
        const marks: Record<string, string> = site ? { 'sec-fetch-site': site } : {}
        const headers = { ...marks, origin, cookie, ...JSON_TYPE }
        const create = await send('POST', '/api/emp_viewset', headers, { empid: 101, empname: 'Srinu', salary: 1 })
        expect(create.status).to.equal(403)
        const signIn = await send('POST', '/api/sessions/current', headers, { username: 'root', password: PASSWORD })
        expect(signIn.status).to.equal(403)
        expect(signIn.headers).not.to.have.property('set-cookie')
      }
    })

  it('that is listed gets a token by POST /gettoken/ and uses it', async () => {
    const { username } = await makeUser()
    const marks = { origin: APP, 'sec-fetch-site': 'cross-site', ...JSON_TYPE }
    const { status, text } = await send('POST', '/gettoken/', marks, { username, password: PASSWORD })
    expect(status).to.equal(200)
    const authorization = `Token ${JSON.parse(text).token}`
    expect((await send('GET', '/api/emp_viewset', { ...marks, authorization })).status).to.equal(200)
  })

  it('that is listed reports a leaked token, and sets nobody’s password by a link', async () => {
    const marks = { origin: APP, 'sec-fetch-site': 'cross-site', ...JSON_TYPE }
    const statusOf = async (path: string, body: object) => (await send('POST', path, marks, body)).status
    expect(await statusOf('/api/tokens/report', exampleOf('reportToken'))).not.to.equal(403)
    expect(await statusOf('/api/password-link', exampleOf('setPasswordByLink'))).to.equal(403)
    expect(await statusOf('/api/setup', exampleOf('createFirstSuperuser'))).to.equal(403)
  })
})

/** What the response says of other origins, but for what a cache must know. */
function permissions({ headers }: RawAnswer): string[] {
  return Object.keys(headers).filter((name) => name.startsWith('access-control-'))
}

function listed(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

function pathOf({ path }: Operation): string {
  return path
    .replace('{scope}', 'reports:read')
    .replace('{name}', EVERYONE_SCOPES.split(' ')[0]!)
    .replace(/\{\w+\}/g, '101')
}

function exampleOf(operationId: string): object {
  return exampleBody(operations.find((operation) => operation.operationId === operationId)!) as object
}

/** More than a head may hold, in lines so short that Node.js does not count them all. */
function manyHeaders(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 1900 }, (_, index) => [`x${index}`, 'a'.repeat(4)]))
}
