import { expect } from 'chai'
import { writeRefusals } from '../src/audit/refusals.js'
import { removeUser } from '../src/identity/access/change-user.js'
import { writeUses } from '../src/identity/access/usage.js'
import { Token } from '../src/identity/tokens/token.js'
import { newValue } from '../src/identity/tokens/value.js'
import { User } from '../src/identity/users/user.js'
import { statementsDuring } from './statements.js'
import { accountOf, clientOf, clientWithValue, cookieFor, makePersonal, makeUser, raw, TESTER } from './support.js'

const INVALID = 'Invalid token.'
const NONE = 'Authentication credentials were not provided.'
const BARE = `${NONE} Send \`Authorization: Token <value>\`.`
const SPACES = 'Invalid token header. Token string should not contain spaces.'

describe('the Authorization header', () => {
  let value: string

  beforeEach(async () => {
    value = await accountOf(await makeUser())
  })

  const accepted: [what: string, header: () => string][] = [
    ['Token', () => `Token ${value}`],
    ['token in any case', () => `tOKEN ${value}`],
    ['Bearer as an alias', () => `Bearer ${value}`],
    ['several spaces', () => `Token    ${value}`],
    ['a tab', () => `Token\t${value}`],
    ['spaces behind', () => `Token ${value}  `],
  ]
  for (const [what, header] of accepted)
    it(`may be ${what}`, async () => {
      expect((await get(header())).status).to.equal(200)
    })

  const refused: [what: string, header: () => string | string[], sentence: string][] = [
    ['nothing', () => '', NONE],
    ['another scheme', () => 'Basic YWxpY2U6cHc=', NONE],
    ['the bare value', () => value, BARE],
    ['a bare value that nobody issued', () => newValue('lk'), BARE],
    ['a bare value with a wrong checksum', () => `lk_${'a'.repeat(49)}`, BARE],
    ['a bare value that is too short', () => value.slice(0, -1), NONE],
    ['a bare value that is too long', () => `${value}a`, NONE],
    ['a bare value and a word', () => `${value} x`, NONE],
    ['the bare value of a session', () => newValue('lks'), NONE],
    ['the bare value of a Django token', () => 'a'.repeat(40), NONE],
    ['the value glued to the scheme', () => `Token${value}`, NONE],
    ['the scheme alone', () => 'Token', 'Invalid token header. No credentials provided.'],
    ['a word too many', () => `Token ${value} x`, SPACES],
    ['two values in a list', () => `Token ${value}, Token ${value}`, SPACES],
    ['given twice', () => [`Token ${value}`, `Token ${value}`], SPACES],
    [
      'bytes that are not UTF-8',
      () => 'Token A\u00e9B',
      'Invalid token header. Token string should not contain invalid characters.',
    ],
    ['UTF-8 that is no token', () => 'Token cl\u00c3\u00a9', INVALID],
    ['one character too few', () => `Token ${value.slice(0, -1)}`, INVALID],
    ['one character too many', () => `Token ${value}a`, INVALID],
    ['in another letter case', () => `Token ${swapCase(value)}`, INVALID],
    ['in quotes', () => `Token "${value}"`, INVALID],
    ['SQL', () => "Token '||1=1--", INVALID],
    ['8,000 characters long', () => `Token ${'x'.repeat(8000)}`, INVALID],
    ['a session value', () => `Token ${newValue('lks')}`, INVALID],
    ['a value that nobody issued', () => `Token ${newValue('lk')}`, INVALID],
  ]
  for (const [what, header, sentence] of refused)
    it(`is refused when it is ${what}`, async () => {
      const { status, text, headers } = await get(header())
      expect(status, text).to.equal(401)
      expect(JSON.parse(text).detail).to.equal(sentence)
      expect(headers['www-authenticate']).to.equal('Token realm="latchkey"')
      expect(headers['cache-control']).to.equal('no-store')
    })

  for (const [method, path, body] of [
    ['GET', '/metrics'],
    ['GET', '/api/checks/employees:read'],
    ['POST', '/api/introspect', JSON.stringify({ token: 'x' })],
    ['POST', '/api/emp_viewset/bulk', '[]'],
    ['DELETE', '/api/emp_viewset/1'],
  ] as const)
    it(`is never a bare value, which no response repeats: ${method} ${path}`, async () => {
      const headers = { authorization: value, 'content-type': 'application/json' }
      const { status, text } = await raw(method, path, { headers, body })
      expect([status, JSON.parse(text).detail]).to.deep.equal([401, BARE])
      expect(text).not.to.contain(value)
    })

  it('is the only place for a token', async () => {
    for (const path of [`?token=${value}`, `?access_token=${value}`])
      expect((await raw('GET', `/api/${path}`)).status).to.equal(400)
    for (const name of ['cookie', 'x-api-key', 'x-forwarded-user']) {
      const { status } = await raw('GET', '/api/', {
        headers: { [name]: name === 'cookie' ? `token=${value}` : value },
      })
      expect(status, name).to.equal(401)
    }
  })
})

describe('an Authorization header that is for somebody else', () => {
  const foreign: [what: string, value: string | string[]][] = [
    ['Basic', 'Basic YWxpY2U6cHc='],
    ['Digest', 'Digest username="alice", realm="x"'],
    ['Negotiate', 'Negotiate YII='],
    ['a word alone', 'YWxpY2U6cHc='],
    ['empty', ''],
  ]
  for (const [what, authorization] of foreign) {
    it(`does not hide the cookie of the admin site: ${what}`, async () => {
      const cookie = await cookieFor(await makeUser({ isStaff: true }))
      expect((await raw('GET', '/api/', { headers: { authorization, cookie } })).status).to.equal(200)
    })

    it(`lets no other site send it: ${what}`, async () => {
      const cookie = await cookieFor(await makeUser({ isStaff: true }))
      const send = (site: string) =>
        raw('POST', '/api/emp_viewset', {
          headers: { authorization, cookie, 'content-type': 'application/json', 'sec-fetch-site': site },
          body: JSON.stringify({ empid: 101, empname: 'Srinu', salary: 1 }),
        })
      expect((await send('cross-site')).status).to.equal(403)
      expect((await send('same-origin')).status).to.equal(201)
    })
  }

  for (const [what, authorization] of [
    ['a wrong token', 'Token wrong'],
    ['a scheme without a value', 'Bearer'],
    ['a bare token', newValue('lk')],
    ['a token behind another scheme', ['Basic YWxpY2U6cHc=', 'Token wrong']],
  ] as [string, string | string[]][])
    it(`is not ${what}, which hides the cookie`, async () => {
      const cookie = await cookieFor(await makeUser({ isStaff: true }))
      expect((await raw('GET', '/api/', { headers: { authorization, cookie } })).status).to.equal(401)
    })
})

describe('a token', () => {
  it('ends when it is revoked', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    expect((await client.get('/api/')).status).to.equal(200)
    await Token.revoke((await Token.findOne({ where: { userId: user.id } }))!.id, user.id, TESTER)
    expect((await client.get('/api/')).body.detail).to.equal(INVALID)
  })

  it('ends with its user', async () => {
    const user = await makeUser({ username: 'gone' })
    const client = await clientOf(user)
    await removeUser(user.id, TESTER, () => {})
    await makeUser({ username: 'gone' })
    expect((await client.get('/api/')).body.detail).to.equal(INVALID)
  })

  it('rests while its user is disabled', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    await User.change(user.id, { isActive: false }, TESTER, () => {})
    expect((await client.get('/api/')).body.detail).to.equal('User inactive or deleted.')
    await User.change(user.id, { isActive: true }, TESTER, () => {})
    expect((await client.get('/api/')).status).to.equal(200)
  })

  it('works until it expires', async () => {
    const user = await makeUser()
    const wish = { name: 'x', scopes: ['employees:read'], networks: [] }
    const old = await makePersonal(user, { ...wish, expiresAt: new Date(Date.now() - 1000) })
    const young = await makePersonal(user, { ...wish, expiresAt: new Date(Date.now() + 60_000) })
    expect((await clientWithValue(old.value).get('/api/')).body.detail).to.equal(INVALID)
    expect((await clientWithValue(young.value).get('/api/')).status).to.equal(200)
  })

  it('works from its networks alone', async () => {
    const user = await makeUser()
    const wish = { name: 'x', scopes: ['employees:read'], expiresAt: null }
    const here = await makePersonal(user, { ...wish, networks: ['10.0.0.0/8', '127.0.0.0/8'] })
    const there = await makePersonal(user, { ...wish, networks: ['10.0.0.0/8', '2001:db8::/32'] })
    expect((await clientWithValue(here.value).get('/api/')).status).to.equal(200)
    expect((await clientWithValue(there.value).get('/api/')).body.detail).to.equal(INVALID)
  })

  it('may do what its user may no longer do no longer', async () => {
    const user = await makeUser({ isSuperuser: true })
    await makeUser({ isSuperuser: true })
    const { value } = await makePersonal(user, { scopes: ['users:read'] })
    expect((await clientWithValue(value).get('/api/users')).status).to.equal(200)
    await User.change(user.id, { isSuperuser: false }, TESTER, () => {})
    expect((await clientWithValue(value).get('/api/users')).status).to.equal(403)
  })
})

describe('a thousand junk tokens with our prefix', () => {
  it('cause no query', async () => {
    // What earlier tests left to be written in the background.
    await writeUses()
    await writeRefusals('all')
    const queries = await statementsDuring(async () => {
      for (let number = 0; number < 1000; number++) {
        const { status } = await get(`Token lk_${'a'.repeat(43)}${String(number).padStart(6, '0')}`)
        expect(status).to.equal(401)
      }
    })
    expect(queries).to.deep.equal([])
    const counted = await statementsDuring(async () => void (await get(`Token ${newValue('lk')}`)))
    expect(counted, 'what is counted').not.to.deep.equal([])
  })
})

function get(authorization: string | string[]) {
  return raw('GET', '/api/emp_viewset', { headers: { authorization } })
}

function swapCase(text: string) {
  return (
    text.slice(0, 3) +
    text
      .slice(3)
      .replace(/[a-z]/gi, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
  )
}
