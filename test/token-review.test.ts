import { expect } from 'chai'
import { Token } from '../src/identity/tokens/token.js'
import { write } from '../src/platform/database/write-queue.js'
import { command } from './command.js'
import { anonymous, clientOf, clientWith, clientWithValue, makePersonal, makeUser, superuserClient } from './support.js'

type Row = { name: string }

const day = (number: number) => new Date(Date.UTC(2027, 0, number))

/** Eight tokens of one user, some of which were never used, and some of which end by no time. */
async function eight() {
  const ravi = await makeUser({ username: 'ravi' })
  const client = await superuserClient()
  const facts: [name: string, made: number, used: number | null, end: number | null][] = [
    ['a', 1, 12, null],
    ['b', 2, null, 40],
    ['c', 3, 11, 40],
    ['d', 4, null, null],
    ['e', 5, 12, 41],
    ['f', 6, 10, null],
    ['g', 7, null, 39],
    ['h', 8, 13, 42],
  ]
  for (const [name, made, used, end] of facts) {
    const { token } = await makePersonal(ravi, { name, scopes: [made < 5 ? 'employees:read' : 'employees:write'] })
    const values = {
      createdAt: day(made),
      lastUsedAt: used === null ? null : day(used),
      expiresAt: end === null ? null : day(end),
    }
    await write((transaction) => Token.update(values, { where: { id: token.id }, transaction }))
  }
  const names = async (query: string) =>
    (await client.get(`/api/tokens?kind=personal&${query}`)).body.map(({ name }: Row) => name).join('')
  return { client, names }
}

const ORDERS = {
  created_at: 'abcdefgh',
  last_used_at: 'bdgfcaeh',
  expires_at: 'gbcehadf',
  '-created_at': 'hgfedcba',
  '-last_used_at': 'heacfgdb',
  '-expires_at': 'fdahecbg',
}

describe('the order of tokens', () => {
  for (const [ordering, expected] of Object.entries(ORDERS)) {
    it(`by ${ordering} is the same on both databases`, async () => {
      const { names } = await eight()
      expect(await names(`ordering=${ordering}`)).to.equal(expected)
      expect(await names(`ordering=${ordering}&offset=3&limit=3`)).to.equal(expected.slice(3, 6))
    })

    for (const limit of [1, 2, 3])
      it(`by ${ordering} goes on there and back, ${limit} at a time, through those without a value`, async () => {
        const { client } = await eight()
        const seen: string[] = []
        const back: string[] = []
        let url: string | undefined = `/api/tokens?kind=personal&ordering=${ordering}&limit=${limit}`
        let last = url
        for (; url; ) {
          const { body, headers } = await client.get(url)
          seen.push(body.map(({ name }: Row) => name).join(''))
          last = url
          url = link(headers.link, 'next')
        }
        expect(seen.join('')).to.equal(expected)
        for (let at: string | undefined = last; at; ) {
          const { body, headers } = await client.get(at)
          back.unshift(body.map(({ name }: Row) => name).join(''))
          at = link(headers.link, 'prev')
        }
        expect(back.join('')).to.equal(expected)
      })
  }
})

function link(header: string | undefined, rel: string): string | undefined {
  const [, url] = new RegExp(`<http://[^/]+([^>]+)>; rel="${rel}"`).exec(header ?? '') ?? []
  return url
}

const FILTERS = {
  'never_used=true': 'bdg',
  'never_used=false': 'acefh',
  'without_expiry=true': 'adf',
  'without_expiry=false': 'bcegh',
  'last_used_at_min=2027-01-12T00:00:00Z': 'aeh',
  'last_used_at_max=2027-01-11T00:00:00Z': 'cf',
  'created_at_min=2027-01-06T00:00:00Z': 'fgh',
  'created_at_max=2027-01-02T00:00:00Z': 'ab',
  'scope=employees:write': 'efgh',
  'scope=employees:write&never_used=true&without_expiry=false': 'g',
  'never_used=true&last_used_at_min=2027-01-01': '',
}

describe('the filters of tokens', () => {
  for (const [query, expected] of Object.entries(FILTERS))
    it(`find with ${query} what it says`, async () => {
      const { client, names } = await eight()
      expect(await names(query)).to.equal(expected)
      const { headers } = await client.get(`/api/tokens?kind=personal&count=true&limit=1&${query}`)
      expect(headers['x-total-count']).to.equal(String(expected.length))
    })

  it('refuse an invalid boolean', async () => {
    const { status, body } = await (await superuserClient()).get('/api/tokens?never_used=yes')
    expect(status).to.equal(400)
    expect(body.errors).to.have.all.keys('never_used')
  })
})

describe('tokens:admin', () => {
  const HELPDESK = ['tokens:admin', 'tokens:read', 'tokens:write']

  it('shows everybody’s tokens to who may read tokens', async () => {
    const { token, value } = await makePersonal(await makeUser({ username: 'ravi' }))
    const helpdesk = await clientWith(...HELPDESK)
    expect((await helpdesk.get('/api/tokens?search=ravi')).body).to.have.lengthOf(1)
    expect((await helpdesk.get(`/api/tokens/${token.id}`)).status).to.equal(200)
    expect((await helpdesk.post('/api/tokens/lookup').send({ token: value })).body.id).to.equal(token.id)
  })

  it('opens nothing by itself', async () => {
    const { token } = await makePersonal(await makeUser())
    const alone = await clientWith('tokens:admin')
    expect((await alone.get('/api/tokens')).status).to.equal(403)
    expect((await alone.get(`/api/tokens/${token.id}`)).status).to.equal(403)
    expect((await alone.delete(`/api/tokens/${token.id}`)).status).to.equal(403)
    expect((await alone.post('/api/tokens/lookup').send({ token: 'x' })).status).to.equal(403)
  })

  it('revokes a token of somebody else', async () => {
    const { token, value } = await makePersonal(await makeUser())
    expect((await (await clientWith(...HELPDESK)).delete(`/api/tokens/${token.id}`)).status).to.equal(204)
    expect((await clientWithValue(value).get('/api/')).status).to.equal(401)
  })

  for (const profile of [{ isStaff: true }, { isSuperuser: true }])
    it(`revokes none of who is above: ${Object.keys(profile)}`, async () => {
      const { token, value } = await makePersonal(await makeUser(profile))
      const { status, body } = await (await clientWith(...HELPDESK)).delete(`/api/tokens/${token.id}`)
      expect(status).to.equal(403)
      expect(body.detail).to.match(
        /^Only a superuser with an account token or a session may revoke a token of a superuser or/,
      )
      expect((await clientWithValue(value).get('/api/')).status).to.equal(200)
    })

  it('makes and replaces no token of another, and gives no way to one', async () => {
    const ravi = await makeUser()
    const { token } = await makePersonal(ravi)
    const helpdesk = await clientWith(...HELPDESK)
    expect((await helpdesk.post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 0 })).status).to.equal(404)
    for (const body of [{ user: ravi.id }, { user: ravi.id, name: 'x', scopes: ['employees:read'] }])
      expect((await helpdesk.post('/api/tokens').send(body)).status).to.equal(403)
  })

  it('is not what a personal token of a superuser has without its name', async () => {
    const { token, value } = await makePersonal(await makeUser())
    const root = await makeUser({ isSuperuser: true })
    const { value: without } = await makePersonal(root, { scopes: ['tokens:read', 'tokens:write'] })
    const client = clientWithValue(without)
    expect((await client.get(`/api/tokens/${token.id}`)).status).to.equal(404)
    expect((await client.delete(`/api/tokens/${token.id}`)).status).to.equal(404)
    expect((await client.post('/api/tokens/lookup').send({ token: value })).status).to.equal(404)
    const { value: named } = await makePersonal(root, { scopes: HELPDESK })
    expect((await clientWithValue(named).get(`/api/tokens/${token.id}`)).status).to.equal(200)
  })

  it('is a scope that is listed, given to groups and by who holds it, and not held by everybody', async () => {
    const root = await superuserClient()
    const { body } = await root.get('/api/scopes')
    expect(body.find(({ name }: Row) => name === 'tokens:admin')).to.include({ built_in: true })
    expect((await root.post('/api/groups').send({ name: 'helpdesk', scopes: HELPDESK })).status).to.equal(201)
    const mina = await clientOf(await makeUser({ groups: ['helpdesk'] }))
    const wish = { name: 'x', scopes: ['tokens:admin'] }
    expect((await mina.post('/api/tokens').send(wish)).status).to.equal(201)
    expect((await (await clientOf(await makeUser())).post('/api/tokens').send(wish)).status).to.equal(400)
  })

  it('is in the document with the operation that it widens, and the command knows it', async () => {
    const { body: document } = await anonymous().get('/openapi.json')
    const widened = Object.values<Record<string, Record<string, unknown>>>(document.paths)
      .flatMap((path) => Object.values(path))
      .filter((operation) => operation['x-widening-scopes'])
    expect(widened.map(({ operationId }) => operationId)).to.have.members([
      'listTokens',
      'getToken',
      'lookupToken',
      'deleteToken',
    ])
    expect((await command('token plan listTokens deleteToken')).stdout).to.equal('tokens:read tokens:write\n')
    expect((await command('token plan listTokens --everybody')).stdout).to.equal('tokens:admin tokens:read\n')
    const { token } = await makePersonal(await makeUser({ isSuperuser: true }), { scopes: HELPDESK })
    expect((await command(`token explain ${token.id} GET /api/tokens`)).stdout).to.contain('tokens:admin: held')
    const { token: other } = await makePersonal(await makeUser(), { scopes: ['tokens:read'] })
    expect((await command(`token explain ${other.id} GET /api/tokens`)).stdout).to.contain('tokens:admin: not held')
  })
})
