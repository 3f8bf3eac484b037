import { expect } from 'chai'
import { type PersonalWish, Token } from '../src/identity/tokens/token.js'
import type { User } from '../src/identity/users/user.js'
import {
  accountOf,
  anonymous,
  clientOf,
  clientWithValue,
  makePersonal,
  makeUser,
  PASSWORD,
  superuserClient,
} from './support.js'

const report = { name: 'report', scopes: ['employees:read'] }

async function personal(user: User, wish: Partial<PersonalWish> = {}) {
  return makePersonal(user, { scopes: ['employees:read', 'tokens:read', 'tokens:write'], ...wish })
}

describe('createToken', () => {
  it('makes a personal token, shows its value once, and it does what it may', async () => {
    const client = await clientOf(await makeUser())
    const { status, body, headers } = await client
      .post('/api/tokens')
      .send({ ...report, expires_at: '2036-01-31T12:00:00Z' })
    expect(status).to.equal(201)
    expect(headers['cache-control']).to.equal('no-store')
    expect(headers.location).to.equal(`/api/tokens/${body.id}`)
    expect(body).to.include({
      kind: 'personal',
      name: 'report',
      state: 'active',
      expires_at: '2036-01-31T12:00:00.000Z',
    })
    expect(body.hint).to.equal(`lk_…${body.token.slice(-4)}`)
    const { token, ...shown } = body
    expect((await client.get(`/api/tokens/${body.id}`)).body).to.deep.equal(shown)
    expect((await clientWithValue(token).get('/api/emp_viewset')).status).to.equal(200)
    expect((await clientWithValue(token).post('/api/emp_viewset').send({})).status).to.equal(403)
  })

  it('makes the account token that /gettoken/ then answers', async () => {
    const root = await superuserClient()
    const ravi = await makeUser({ username: 'ravi' })
    const { status, body } = await root.post('/api/tokens').send({ user: ravi.id })
    expect(status).to.equal(201)
    expect(body).to.include({ kind: 'account', user: ravi.id, scopes: null })
    const login = await anonymous().post('/gettoken/').send({ username: 'ravi', password: PASSWORD })
    expect(login.body.token).to.equal(body.token)
  })

  it('answers 409 with the sentence of DRF to a second account token', async () => {
    const root = await superuserClient()
    const ravi = await makeUser()
    await root.post('/api/tokens').send({ user: ravi.id })
    const { status, body } = await root.post('/api/tokens').send({ user: ravi.id })
    expect(status).to.equal(409)
    expect(body.errors).to.deep.equal({ user: ['Token with this User already exists.'] })
  })

  it('makes another account token once the first is revoked', async () => {
    const root = await superuserClient()
    const ravi = await makeUser()
    const { body } = await root.post('/api/tokens').send({ user: ravi.id })
    await root.delete(`/api/tokens/${body.id}`)
    expect((await root.post('/api/tokens').send({ user: ravi.id })).status).to.equal(201)
  })

  it('lets one of twenty parallel creates of an account token through', async () => {
    const root = await superuserClient()
    const ravi = await makeUser()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => root.post('/api/tokens').send({ user: ravi.id })),
    )
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([201, ...Array(19).fill(409)])
  })

  it('is for others the business of a superuser', async () => {
    const client = await clientOf(await makeUser())
    const other = await makeUser()
    expect((await client.post('/api/tokens').send({ user: other.id })).status).to.equal(403)
    expect((await client.post('/api/tokens').send({ ...report, user: other.id })).status).to.equal(403)
  })

  it('is not for another with a superuser’s personal token', async () => {
    const root = await makeUser({ isSuperuser: true })
    const other = await makeUser()
    const { value } = await personal(root)
    expect(
      (
        await clientWithValue(value)
          .post('/api/tokens')
          .send({ ...report, user: other.id })
      ).status,
    ).to.equal(403)
  })

  it('gives no scope that the owner lacks, not even by a superuser', async () => {
    const root = await superuserClient()
    const ravi = await makeUser()
    const { status, body } = await root.post('/api/tokens').send({ name: 'x', scopes: ['users:read'], user: ravi.id })
    expect(status).to.equal(400)
    expect(body.errors).to.have.all.keys('scopes')
  })

  it('by a personal token makes nothing that is wider than itself', async () => {
    const user = await makeUser()
    const soon = new Date(Date.now() + 3_600_000)
    const { value } = await personal(user, {
      scopes: ['employees:read', 'tokens:write'],
      expiresAt: soon,
      networks: ['127.0.0.1'],
    })
    const client = clientWithValue(value)
    const within = { ...report, expires_at: soon, networks: ['127.0.0.1'] }
    expect((await client.post('/api/tokens').send(within)).status).to.equal(201)
    expect(
      (await client.post('/api/tokens').send({ ...within, scopes: ['employees:write'] })).body.missing_scopes,
    ).to.deep.equal(['employees:write'])
    expect((await client.post('/api/tokens').send({ ...within, expires_at: null })).status).to.equal(403)
    expect((await client.post('/api/tokens').send({ ...within, networks: [] })).status).to.equal(403)
    expect((await client.post('/api/tokens').send({ ...within, networks: ['0.0.0.0/0'] })).status).to.equal(403)
    expect((await client.post('/api/tokens').send({})).status).to.equal(403)
    expect((await client.post('/api/tokens').send({ ...within, networks: ['127.0.0.1/32'] })).status).to.equal(201)
  })

  const bad: [what: string, body: object, field: string][] = [
    ['a personal token without scopes', { name: 'x' }, 'scopes'],
    ['no scopes at all', { name: 'x', scopes: [] }, 'scopes'],
    ['an unknown scope', { name: 'x', scopes: ['everything'] }, 'scopes'],
    ['scopes without a name', { scopes: ['employees:read'] }, 'name'],
    ['a blank name', { ...report, name: '  ' }, 'name'],
    ['a name that is long when normalized', { ...report, name: '\u0958'.repeat(100) }, 'name'],
    ['a limit of nothing', { ...report, rate_limit: { requests: 0, seconds: 1 } }, 'rate_limit'],
    ['a time that is past', { ...report, expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['a time that is none', { ...report, expires_at: 'tomorrow' }, 'expires_at'],
    ['a network that is none', { ...report, networks: ['10.0.0.0/33'] }, 'networks.0'],
    ['a network with a zone', { ...report, networks: ['::1', 'fe80::1%eth0/64'] }, 'networks.1'],
    ['an address with a zone', { ...report, networks: ['fe80::1%1'] }, 'networks.0'],
    ['a zone behind the prefix', { ...report, networks: ['fe80::/64%eth0'] }, 'networks.0'],
    ['a prefix with a zero before it', { ...report, networks: ['10.0.0.0/08'] }, 'networks.0'],
    ['an address that others read as octal', { ...report, networks: ['10.0.0.1', '010.0.0.1'] }, 'networks.1'],
    ['a mask', { ...report, networks: ['10.0.0.0/255.0.0.0'] }, 'networks.0'],
    ['a network of two prefixes', { ...report, networks: ['10.0.0.0/8/8'] }, 'networks.0'],
    ['a network with a port', { ...report, networks: ['[2001:db8::1]:443'] }, 'networks.0'],
    ['a network that is a name', { ...report, networks: ['10.0.0.1', '::1', 'localhost'] }, 'networks.2'],
    ['a network with a space', { ...report, networks: ['10.0.0.1 0.0.0.0/0'] }, 'networks.0'],
    ['a network of all IPv4 and more', { ...report, networks: ['::ffff:10.0.0.0/64'] }, 'networks.0'],
    ['a network that wraps one bit too much', { ...report, networks: ['::ffff:0:0/95'] }, 'networks.0'],
    ['where nobody is', { ...report, networks: ['0.0.0.0'] }, 'networks.0'],
    ['where nobody is in IPv6', { ...report, networks: ['10.0.0.1', '::/128'] }, 'networks.1'],
    ['a multicast', { ...report, networks: ['224.0.0.0/24'] }, 'networks.0'],
    ['a multicast of IPv6', { ...report, networks: ['ff02::1'] }, 'networks.0'],
    ['a multicast that is wrapped', { ...report, networks: ['::ffff:224.0.0.1'] }, 'networks.0'],
    ['the broadcast', { ...report, networks: ['255.255.255.255/32'] }, 'networks.0'],
    ['an unknown user', { ...report, user: 999999 }, 'user'],
    ['a user who is text', { ...report, user: '1' }, 'user'],
    ['a read-only member', { ...report, kind: 'account' }, 'kind'],
  ]
  it('names each network that is wrong, and no other', async () => {
    const networks = ['10.0.0.0/08', '127.0.0.0/8', 'fe80::1%eth0/64', '::1', '']
    const { status, body } = await (await superuserClient()).post('/api/tokens').send({ ...report, networks })
    expect(status).to.equal(400)
    expect(body.errors).to.have.all.keys('networks.0', 'networks.2', 'networks.4')
  })

  for (const [what, body, field] of bad)
    it(`refuses ${what}, naming ${field}`, async () => {
      const answer = await (await superuserClient()).post('/api/tokens').send(body)
      expect(answer.status).to.equal(400)
      expect(Object.keys(answer.body.errors)).to.deep.equal([field])
      expect(await Token.count()).to.equal(1)
    })
})

describe('listTokens', () => {
  it('shows one’s own, without values', async () => {
    const ravi = await makeUser()
    const client = await clientOf(ravi)
    const { value } = await personal(ravi)
    await personal(await makeUser())
    const { body, text } = await client.get('/api/tokens')
    expect(body).to.have.lengthOf(2)
    expect(body.every(({ user }: { user: number }) => user === ravi.id)).to.equal(true)
    expect(text).not.to.contain(value)
  })

  it('shows a superuser everybody’s, to be filtered', async () => {
    const root = await superuserClient()
    const ravi = await makeUser()
    await personal(ravi, { name: 'backup' })
    expect((await root.get('/api/tokens')).body).to.have.lengthOf(2)
    expect((await root.get(`/api/tokens?user=${ravi.id}&kind=personal&name_contains=BACK`)).body).to.have.lengthOf(1)
    expect((await root.get('/api/tokens?kind=account')).body).to.have.lengthOf(1)
  })

  it('does not take a filter for a way around', async () => {
    const other = await makeUser()
    await personal(other)
    expect((await (await clientOf(await makeUser())).get(`/api/tokens?user=${other.id}`)).body).to.deep.equal([])
  })
})

describe('getToken and deleteToken', () => {
  it('answer 404 for the token of another', async () => {
    const { token, value } = await personal(await makeUser())
    const client = await clientOf(await makeUser())
    expect((await client.get(`/api/tokens/${token.id}`)).status).to.equal(404)
    expect((await client.delete(`/api/tokens/${token.id}`)).status).to.equal(404)
    expect((await clientWithValue(value).get('/api/')).status).to.equal(200)
  })

  it('revoke: the value ends and the record stays', async () => {
    const ravi = await makeUser()
    const client = await clientOf(ravi)
    const { token, value } = await personal(ravi)
    expect((await client.delete(`/api/tokens/${token.id}`)).status).to.equal(204)
    expect((await clientWithValue(value).get('/api/')).status).to.equal(401)
    expect((await client.get(`/api/tokens/${token.id}`)).body.state).to.equal('revoked')
  })

  it('revoke anybody’s for a superuser', async () => {
    const { token } = await personal(await makeUser())
    expect((await (await superuserClient()).delete(`/api/tokens/${token.id}`)).status).to.equal(204)
  })

  it('keep nothing of a revoked account token that could be opened', async () => {
    const ravi = await makeUser()
    const client = await clientOf(ravi)
    const { id } = (await Token.findOne({ where: { userId: ravi.id } }))!
    await client.delete(`/api/tokens/${id}`)
    expect((await Token.findByPk(id))!.sealed).to.equal(null)
  })
})

describe('getCurrentToken', () => {
  it('tells who one is and what one may do', async () => {
    const ravi = await makeUser({ username: 'ravi' })
    const { value } = await personal(ravi, { scopes: ['employees:read'] })
    const { status, body } = await clientWithValue(value).get('/api/tokens/current')
    expect(status).to.equal(200)
    expect(body.user).to.deep.equal({ id: ravi.id, username: 'ravi', is_staff: false, is_superuser: false })
    expect(body.scopes).to.deep.equal(['employees:read'])
  })

  it('tells the scopes of the user for an account token', async () => {
    const { body } = await (await clientOf(await makeUser())).get('/api/tokens/current')
    expect(body.scopes).to.deep.equal(['employees:read', 'employees:write', 'tokens:read', 'tokens:write'])
    expect(body.token.scopes).to.equal(null)
  })
})

describe('a token’s value', () => {
  it('is in no column of the database but sealed', async () => {
    const ravi = await makeUser()
    const account = await accountOf(ravi)
    const { value } = await personal(ravi)
    const rows = JSON.stringify(await Token.findAll({ raw: true }))
    expect(rows).not.to.contain(account).and.not.to.contain(value)
    expect(rows).not.to.contain(account.slice(3, 30))
  })

  it('has 43 random characters and a checksum, and never repeats', async () => {
    const { newValue, isWellFormed } = await import('../src/identity/tokens/value.js')
    const values = new Set(Array.from({ length: 10_000 }, () => newValue('lk')))
    expect(values.size).to.equal(10_000)
    for (const value of values) expect(value).to.match(/^lk_[0-9A-Za-z]{49}$/)
    for (const value of values) expect(isWellFormed(value, 'lk')).to.equal(true)
    for (const value of values) expect(isWellFormed(value, 'lks')).to.equal(false)
  })
})
