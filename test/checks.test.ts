import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import { writeRefusals } from '../src/audit/refusals.js'
import { writeUses } from '../src/identity/access/usage.js'
import { OwnScope } from '../src/identity/scopes/own-scope.js'
import { Token } from '../src/identity/tokens/token.js'
import { TokenScope } from '../src/identity/tokens/usage-rows.js'
import { newValue } from '../src/identity/tokens/value.js'
import { User } from '../src/identity/users/user.js'
import { write } from '../src/platform/database/write-queue.js'
import { statementsDuring } from './statements.js'
import {
  anonymous,
  clientWithValue,
  cookieFor,
  makePersonal,
  makeUser,
  raw,
  superuserClient,
  TESTER,
} from './support.js'

const PATH = '/api/checks/employees:read'

const ask = (value: string, path = PATH) => clientWithValue(value).get(path)

describe('checkToken', () => {
  let user: User
  let value: string

  beforeEach(async () => {
    user = await makeUser({ username: 'ravi' })
    value = (await makePersonal(user, { scopes: ['employees:read', 'employees:write', 'tokens:read'] })).value
  })

  it('answers 200 without a body, and says whose token it is and what of the asked resource it may do', async () => {
    const { status, text, headers } = await ask(value)
    expect([status, text, headers['content-length']]).to.deep.equal([200, '', '0'])
    const token = await Token.findOne({ where: { userId: user.id }, rejectOnEmpty: true })
    expect(headers).to.include({
      'cache-control': 'no-store',
      'x-latchkey-user': 'ravi',
      'x-latchkey-user-id': String(user.id),
      'x-latchkey-token-id': String(token.id),
      'x-latchkey-scopes': 'employees:read employees:write',
    })
  })

  const names = {
    ज़ोया: '%E0%A4%9C%E0%A4%BC%E0%A5%8B%E0%A4%AF%E0%A4%BE',
    'a b': 'a%20b',
    'a+b': 'a%2Bb',
    'a%62c': 'a%2562c',
    'ravi@example.com': 'ravi@example.com',
    'x, y': 'x%2C%20y',
  }
  for (const [username, encoded] of Object.entries(names))
    it(`writes the name ${username} so that it is one value for every service`, async () => {
      // Some of them come from elsewhere alone.
      const named = await makeUser()
      await write((transaction) => User.update({ username }, { where: { id: named.id }, transaction }))
      const { headers } = await ask((await makePersonal(named)).value)
      expect(headers['x-latchkey-user']).to.equal(encoded)
    })

  const beside: Record<string, { method?: string; path?: string; headers?: Record<string, string>; body?: string }> = {
    'a body by POST': { method: 'POST', body: '{"a":', headers: { 'content-type': 'application/json' } },
    'a body of an unknown type by PUT': { method: 'PUT', body: '<a/>', headers: { 'content-type': 'text/xml' } },
    DELETE: { method: 'DELETE' },
    HEAD: { method: 'HEAD' },
    OPTIONS: { method: 'OPTIONS' },
    'a method that nobody here knows': { method: 'PROPFIND' },
    'another host': { headers: { host: 'reports.example.com' } },
    'a forwarded host, URI and method': {
      headers: { 'x-forwarded-host': 'a.example', 'x-forwarded-uri': '/x', 'x-forwarded-method': 'POST' },
    },
    'an original URL': { headers: { 'x-original-url': '/api/checks/users:write', 'x-original-method': 'POST' } },
    'a type that is accepted': { headers: { accept: 'text/html' } },
    'a condition': { headers: { 'if-none-match': '*', 'if-match': '"x"' } },
    'an expectation': { headers: { expect: 'a-miracle' } },
    'an idempotency key': { headers: { 'idempotency-key': 'a' } },
    'another site': { headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, method: 'POST' },
    'a query': { path: `${PATH}?scope=users:write&scope=x` },
    'a path behind the scope': { path: `${PATH}/reports/7;v=1/%E0%A4%9C?x=/../..` },
    'an escaped colon': { path: '/api/checks/employees%3Aread' },
  }
  for (const [what, { method = 'GET', path = PATH, headers = {}, body }] of Object.entries(beside))
    it(`takes no notice of ${what}`, async () => {
      const answer = await raw(method, path, { headers: { authorization: `Token ${value}`, ...headers }, body })
      expect([answer.status, answer.headers['x-latchkey-user']]).to.deep.equal([200, 'ravi'])
    })

  it('asks a preflight request for a token like any other', async () => {
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'GET' }
    expect((await raw('OPTIONS', PATH, { headers })).status).to.equal(401)
  })

  it('lets no session of the admin site in, as a cookie or as a token', async () => {
    const cookie = await cookieFor(await makeUser({ isStaff: true }))
    expect((await raw('GET', PATH, { headers: { cookie } })).status).to.equal(401)
    expect((await ask(cookie.split('=')[1]!)).status).to.equal(401)
  })

  const refused: Record<string, { status: number; token: () => Promise<string>; path?: string }> = {
    junk: { status: 401, token: async () => 'lk_nonsense' },
    'an unknown one': { status: 401, token: async () => newValue('lk') },
    'an expired one': {
      status: 401,
      token: async () => (await makePersonal(user, { expiresAt: new Date(Date.now() - 1) })).value,
    },
    'a revoked one': {
      status: 401,
      token: async () => {
        const { token, value } = await makePersonal(user)
        await Token.revoke(token.id, user.id, TESTER)
        return value
      },
    },
    'one of a disabled user': {
      status: 401,
      token: async () => {
        await User.change(user.id, { isActive: false }, TESTER, () => {})
        return value
      },
    },
    'one from another network': {
      status: 401,
      token: async () => (await makePersonal(user, { networks: ['203.0.113.0/24'] })).value,
    },
    'one without the scope': { status: 403, token: async () => value, path: '/api/checks/users:read' },
    'a superuser’s, for a scope that does not exist': {
      status: 403,
      token: async () => {
        const root = await makeUser({ isSuperuser: true })
        return (await makePersonal(root)).value
      },
      path: '/api/checks/reports:read',
    },
  }
  for (const [what, { status, token, path }] of Object.entries(refused))
    it(`refuses ${what}`, async () => {
      const answer = await ask(await token(), path)
      expect([answer.status, answer.headers['x-latchkey-user']]).to.deep.equal([status, undefined])
      expect(answer.body.missing_scopes).to.deep.equal(status === 403 ? [path!.split('/').at(-1)] : undefined)
    })

  it('refuses two Authorization headers, because a service may see the other one', async () => {
    const authorization = [`Token ${value}`, `Token ${newValue('lk')}`]
    expect((await raw('GET', PATH, { headers: { authorization } })).status).to.equal(401)
  })

  it('counts against the token’s limit, and tells when to come again', async () => {
    const { value } = await makePersonal(user, { rateLimit: { requests: 1, seconds: 60 } })
    expect((await ask(value)).status).to.equal(200)
    const { status, headers } = await ask(value)
    expect(status).to.equal(429)
    expect(Number(headers['retry-after'])).to.be.within(1, 60)
  })

  it('makes no query for a token without a limit', async () => {
    await ask(value)
    await writeUses()
    await writeRefusals('all')
    const queries = await statementsDuring(async () => {
      for (let count = 0; count < 100; count++) expect((await ask(value)).status).to.equal(200)
    })
    expect(queries).to.deep.equal([])
  })

  const elsewhere = [
    'users:read/../employees:read',
    'employees:read/../users:read',
    'employees:read/%2e%2e/users:read',
    'employees:read/%2E./users:read',
    'employees:read%2f..%2fusers:read',
    'employees:read/..%5cusers:read',
    'employees:read/x\\y',
    'employees:read/.',
    'employees:read/..;/users:read',
    'employees:read/%2e%2e%3bv=1/users:read',
    'employees%253Aread',
    './employees:read',
    '/employees:read',
    '../checks/employees:read',
    'Employees:read',
    'employees',
    'employees:',
    'employees:read:write',
    'employees:read%00',
    'employees:read%20',
    'employees:read,users:read',
    '',
  ]
  for (const path of elsewhere)
    it(`is no check of anything: ${path || 'no scope'}`, async () => {
      const headers = { authorization: `Token ${value}` }
      expect((await raw('GET', `/api/checks/${path}`, { headers })).status).to.equal(404)
    })

  const otherwise = [`http://localhost:8000${PATH}`, '/api\\checks/employees:read#', '/api/checks\\employees:read?#']
  for (const path of otherwise)
    it(`is not asked by ${path}, neither with a token nor with a session`, async () => {
      const cookie = await cookieFor(await makeUser({ isStaff: true }))
      for (const [name, text] of Object.entries({ authorization: `Token ${value}`, cookie }))
        expect((await raw('GET', path, { headers: { [name]: text } })).status).to.equal(404)
    })

  it('is a use of the token with this scope', async () => {
    await ask(value)
    await writeUses()
    const used = await TokenScope.findAll({ raw: true })
    expect(used.map(({ scope }) => scope)).to.deep.equal(['employees:read'])
  })

  it('tells the trail of a scope that lacks, by its name', async () => {
    await ask(value, '/api/checks/users:read')
    await writeRefusals('all')
    const event = await Event.findOne({ where: { action: 'request.refused', actorId: user.id }, rejectOnEmpty: true })
    expect(event.object).to.equal('scope:users:read')
  })

  it('tells the trail of scopes that nobody has added in one row, however many a client thinks of', async () => {
    for (let number = 0; number < 30; number++) await ask(value, `/api/checks/reports:n${number}`)
    await OwnScope.add({ name: 'reports:read', description: '' }, TESTER)
    await ask(value, '/api/checks/reports:read')
    await writeRefusals('all')
    const events = await Event.findAll({ where: { action: 'request.refused', actorId: user.id }, order: ['id'] })
    // The thirty may go on into the next minute.
    const objects = new Set(events.map(({ object }) => object))
    expect([...objects]).to.deep.equal(['checkToken', 'scope:reports:read'])
    expect(events.length).to.be.at.most(4)
  })

  it('refuses a token from the response on that has revoked it', async () => {
    const root = await superuserClient()
    const { token, value } = await makePersonal(user)
    for (let round = 0; round < 3; round++) expect((await ask(value)).status).to.equal(200)
    await root.delete(`/api/tokens/${token.id}`).expect(204)
    expect((await ask(value)).status).to.equal(401)
  })

  it('needs a token', async () => {
    const { status, headers } = await anonymous().get(PATH)
    expect([status, headers['www-authenticate']]).to.deep.equal([401, 'Token realm="latchkey"'])
  })
})
