import { expect } from 'chai'
import { writeUses } from '../src/identity/access/usage.js'
import { Token } from '../src/identity/tokens/token.js'
import { newValue } from '../src/identity/tokens/value.js'
import { User } from '../src/identity/users/user.js'
import { accountOf, clientWithValue, cookieFor, makePersonal, makeUser, raw, TESTER } from './support.js'

const PATH = '/api/introspect'

/** What a client of introspection could take for something that a token is. */
const CLAIMS = [
  'active',
  'scope',
  'client_id',
  'username',
  'sub',
  'aud',
  'iss',
  'jti',
  'exp',
  'iat',
  'nbf',
  'token_type',
]

describe('introspectToken', () => {
  let asker: User
  let credential: string
  let user: User

  beforeEach(async () => {
    asker = await makeUser({ username: 'reports', isSuperuser: true })
    credential = (await makePersonal(asker, { scopes: ['checks:read'] })).value
    user = await makeUser({ username: 'ravi' })
  })

  const ask = (body: object) => clientWithValue(credential).post(PATH).send(body)

  it('tells whose token it is, what it may do and when it ends', async () => {
    const expiresAt = new Date('2099-01-01T00:00:00Z')
    const { token, value } = await makePersonal(user, { scopes: ['employees:read', 'tokens:read'], expiresAt })
    const { status, body, headers } = await ask({ token: value })
    expect([status, headers['cache-control']]).to.deep.equal([200, 'no-store'])
    expect(body).to.deep.equal({
      active: true,
      scope: 'employees:read tokens:read',
      username: 'ravi',
      sub: String(user.id),
      jti: String(token.id),
      token_type: 'Bearer',
      iat: Math.floor(token.createdAt.getTime() / 1000),
      exp: expiresAt.getTime() / 1000,
    })
  })

  it('says when the overlap of a replaced value ends', async () => {
    const { token, value } = await makePersonal(user)
    await Token.rotate(token.id, { overlap: 600, maxAge: undefined }, TESTER, () => {})
    const { oldExpiresAt } = await token.reload()
    expect((await ask({ token: value })).body.exp).to.equal(Math.floor(oldExpiresAt!.getTime() / 1000))
  })

  const inactive: Record<string, () => Promise<{ token: string; address?: string }>> = {
    junk: async () => ({ token: 'junk' }),
    'a value of another service, as long as a header may be': async () => ({ token: 'x'.repeat(16_000) }),
    'an unknown value': async () => ({ token: newValue('lk') }),
    'an expired token': async () => ({
      token: (await makePersonal(user, { expiresAt: new Date(Date.now() - 1) })).value,
    }),
    'a revoked token': async () => {
      const { token, value } = await makePersonal(user)
      await Token.revoke(token.id, user.id, TESTER)
      return { token: value }
    },
    'a token of a disabled user': async () => {
      const { value } = await makePersonal(user)
      await User.change(user.id, { isActive: false }, TESTER, () => {})
      return { token: value }
    },
    'a session of the admin site': async () => ({
      token: (await cookieFor(await makeUser({ isStaff: true }))).split('=')[1]!,
    }),
    'a token from another network': async () => ({
      token: (await makePersonal(user, { networks: ['203.0.113.0/24'] })).value,
      address: '198.51.100.7',
    }),
    'a token that is bound to networks, from nobody knows where': async () => ({
      token: (await makePersonal(user, { networks: ['0.0.0.0/0', '::/0'] })).value,
    }),
  }
  for (const [what, body] of Object.entries(inactive))
    it(`calls ${what} not active, and says nothing else`, async () => {
      const { status, body: told } = await ask(await body())
      expect([status, told]).to.deep.equal([200, { active: false }])
    })

  it('calls a token active from within its networks, in any spelling of the address', async () => {
    const { value } = await makePersonal(user, { networks: ['203.0.113.0/24'] })
    for (const address of ['203.0.113.9', '::ffff:203.0.113.9', '203.0.113.9:40001'])
      expect((await ask({ token: value, address })).body.active, address).to.equal(true)
  })

  it('refuses an invalid address', async () => {
    const { status, body } = await ask({ token: newValue('lk'), address: 'somewhere' })
    expect([status, body.errors]).to.deep.equal([400, { address: ['This is not an IP address.'] }])
  })

  const basic = (password: string) => `Basic ${Buffer.from(`any name:${password}`).toString('base64')}`

  it('is asked by a form and Basic, as libraries do (RFC 7662, 2.1)', async () => {
    const { value } = await makePersonal(user)
    const headers = { authorization: basic(credential), 'content-type': 'application/x-www-form-urlencoded' }
    const body = `token=${value}&token_type_hint=access_token&client_id=reports`
    const { status, text } = await raw('POST', PATH, { headers, body })
    expect([status, JSON.parse(text).username]).to.deep.equal([200, 'ravi'])
  })

  it('alone takes Basic', async () => {
    const account = await accountOf(user)
    expect((await raw('GET', '/api/', { headers: { authorization: basic(account) } })).status).to.equal(401)
  })

  const refused: Record<string, [status: number, headers: () => Promise<Record<string, string>>]> = {
    'a wrong password': [401, async () => ({ authorization: basic('wrong') })],
    'Basic without a colon': [401, async () => ({ authorization: `Basic ${btoa(credential)}` })],
    'a token without the scope': [403, async () => ({ authorization: `Token ${(await makePersonal(asker)).value}` })],
    'an ordinary user': [403, async () => ({ authorization: `Token ${await accountOf(user)}` })],
    'no credential': [401, async () => ({})],
    'the cookie of the admin site': [
      401,
      async () => ({ cookie: await cookieFor(await makeUser({ isStaff: true, isSuperuser: true })) }),
    ],
  }
  for (const [what, [status, headers]] of Object.entries(refused))
    it(`refuses ${what}, with nothing that could be taken for a claim`, async () => {
      const sent = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json', ...(await headers()) }
      const answer = await raw('POST', PATH, { headers: sent, body: JSON.stringify({ token: await accountOf(user) }) })
      expect(answer.status).to.equal(status)
      expect(JSON.parse(answer.text)).to.not.have.any.keys(...CLAIMS)
    })

  it('is a use of the token by the service, and spends nothing of its limit', async () => {
    const { token, value } = await makePersonal(user, { rateLimit: { requests: 1, seconds: 60 } })
    for (let round = 0; round < 3; round++) await ask({ token: value, address: '203.0.113.9' }).expect(200)
    await writeUses()
    const now = await token.reload()
    expect([Number(now.useCount), now.lastUsedFrom, now.lastUsedAgent]).to.deep.equal([
      3,
      '203.0.113.9',
      'introspected by reports',
    ])
    expect((await clientWithValue(value).get('/api/emp_viewset')).status).to.equal(200)
  })
})
