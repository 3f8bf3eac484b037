import { expect } from 'chai'
import { writeUses } from '../src/identity/access/usage.js'
import { Token } from '../src/identity/tokens/token.js'
import { newValue } from '../src/identity/tokens/value.js'
import {
  accountOf,
  clientOf,
  clientWithValue,
  cookieFor,
  makePersonal,
  makeUser,
  raw,
  superuserClient,
  TESTER,
} from './support.js'

type Client = Awaited<ReturnType<typeof clientOf>>

const find = (client: Client, token: unknown) => client.post('/api/tokens/lookup').send({ token } as object)

describe('lookupToken', () => {
  it('gives the record of a value, as getToken does, to be kept nowhere', async () => {
    const ravi = await makeUser({ username: 'ravi' })
    const { token, value } = await makePersonal(ravi)
    const client = await clientOf(ravi)
    const { status, body, headers } = await find(client, value)
    expect(status).to.equal(200)
    expect(body).to.deep.equal((await client.get(`/api/tokens/${token.id}`)).body)
    expect(headers['cache-control']).to.equal('no-store')
  })

  for (const before of ['Token ', 'Bearer ', 'token\t', 'Authorization: Token ', '  '])
    it(`takes a value with ${JSON.stringify(before)} before it`, async () => {
      const ravi = await makeUser()
      const { token, value } = await makePersonal(ravi)
      expect((await find(await clientOf(ravi), `${before}${value}\n`)).body.id).to.equal(token.id)
    })

  it('finds an account token, and one that has ended', async () => {
    const ravi = await makeUser()
    const root = await superuserClient()
    const { token, value } = await makePersonal(ravi)
    await Token.revoke(token.id, undefined, TESTER)
    expect((await find(root, value)).body).to.include({ id: token.id, state: 'revoked' })
    expect((await find(root, await accountOf(ravi))).body).to.include({ kind: 'account', user: ravi.id })
  })

  it('finds a token by its old value while that works, and not later', async () => {
    const root = await superuserClient()
    const { token, value } = await makePersonal(await makeUser())
    const again = await Token.rotate(token.id, { overlap: 3600, maxAge: undefined }, TESTER, () => {})
    expect((await find(root, value)).body).to.include({ id: token.id, state: 'rotating' })
    expect((await find(root, again.value)).body.id).to.equal(token.id)
    await Token.rotate(token.id, { overlap: 0, maxAge: undefined }, TESTER, () => {})
    expect((await find(root, value)).status).to.equal(404)
  })

  it('is let in by a value that was replaced, as every read is', async () => {
    const ravi = await makeUser()
    const { token, value } = await makePersonal(ravi, { scopes: ['tokens:read'] })
    await Token.rotate(token.id, { overlap: 3600, maxAge: undefined }, TESTER, () => {})
    const { status, body } = await find(clientWithValue(value), value)
    expect([status, body.id]).to.deep.equal([200, token.id])
  })

  it('is 404 alike for the token of another, for what nobody has and for a session', async () => {
    const ravi = await makeUser({ isStaff: true })
    const client = await clientOf(ravi)
    const { value } = await makePersonal(await makeUser())
    const session = (await cookieFor(ravi)).split('=')[1]
    const bodies = []
    for (const wanted of [value, newValue('lk'), session, 'a'.repeat(40), 'a'.repeat(64)]) {
      const { status, body } = await find(client, wanted)
      expect(status).to.equal(404)
      bodies.push({ ...body, instance: '' })
    }
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).to.equal(1)
  })

  for (const [what, value] of [
    ['a word', 'hello'],
    ['a value that lacks its end', newValue('lk').slice(0, -1)],
    ['a value with a wrong letter', newValue('lk').replace(/.$/, (end) => (end === 'a' ? 'b' : 'a'))],
    ['a value that is none', {}],
    ['a long text', 'a'.repeat(301)],
  ] as const)
    it(`is 400 for ${what}`, async () => {
      const { status, body, text } = await find(await clientOf(await makeUser()), value)
      expect(status).to.equal(400)
      expect(body.errors).to.have.all.keys('token')
      expect(text).not.to.contain(String(value))
    })

  it('counts no use of what it finds', async () => {
    const root = await superuserClient()
    const { token, value } = await makePersonal(await makeUser())
    await find(root, value)
    await writeUses()
    expect(await Token.findByPk(token.id)).to.include({ lastUsedAt: null })
    expect(Number((await Token.findByPk(token.id))!.useCount)).to.equal(0)
  })

  it('is for 60 values a minute, of one user', async () => {
    const client = await clientOf(await makeUser())
    const value = newValue('lk')
    const statuses = []
    for (let count = 0; count < 62; count++) statuses.push((await find(client, value)).status)
    expect(statuses.filter((status) => status === 429)).to.have.lengthOf(2)
    const { status, headers } = await find(client, value)
    expect(status).to.equal(429)
    expect(Number(headers['retry-after'])).to.be.within(1, 60)
    expect((await find(await clientOf(await makeUser()), value)).status).to.equal(404)
  })
})

describe('a query with a value in it', () => {
  const ours = newValue('lk')
  const key = '9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b'
  const REFUSED: [what: string, path: string, name: string, value: string][] = [
    ['a token’s', '/api/tokens', 'search', ours],
    ['a token’s, in another list', '/api/users', 'search', ours],
    ['a token’s, of employees', '/api/emp_viewset', 'search', ` ${ours}`],
    ['a token’s, behind its scheme', '/api/groups', 'search', `Token ${ours}`],
    ['a session’s', '/api/users', 'username_contains', newValue('lks')],
    ['one that lacks its end', '/api/tokens', 'name_contains', ours.slice(0, -3)],
    ['one of Django REST framework', '/api/tokens', 'search', key],
    ['one of knox', '/api/tokens', 'search', `${key}${'0'.repeat(24)}`],
    ['one of Django REST framework behind its scheme', '/api/emp_viewset', 'search', `Bearer ${key}`],
    ['one in a filter of equals', '/api/users', 'username', ours],
  ]
  for (const [what, path, name, value] of REFUSED)
    it(`is refused, and sent to the lookup: ${what}`, async () => {
      const { status, body, text } = await (await superuserClient()).get(path).query({ [name]: value })
      expect(status).to.equal(400)
      expect(body.errors[name][0]).to.contain('POST /api/tokens/lookup')
      expect(text).not.to.contain(value.trim())
    })

  const TAKEN: [what: string, path: string, name: string, value: string][] = [
    ['the hint of a token', '/api/tokens', 'search', `lk_…${ours.slice(-4)}`],
    ['the start of a value', '/api/tokens', 'search', 'lk_1vI4'],
    ['the digest of a file', '/api/emp_viewset', 'search', key],
    ['a word with our prefix in it', '/api/users', 'search', 'milk_and_honey_for_everybody'],
  ]
  for (const [what, path, name, value] of TAKEN)
    it(`is not one: ${what}`, async () => {
      expect((await (await superuserClient()).get(path).query({ [name]: value })).status).to.equal(200)
    })

  it('is refused before anybody asks who it is', async () => {
    expect((await raw('GET', `/api/tokens?search=${ours}`)).status).to.equal(400)
  })
})
