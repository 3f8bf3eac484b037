import { expect } from 'chai'
import { takenScopes } from '../src/identity/scopes/taken-scopes.js'
import { Token } from '../src/identity/tokens/token.js'
import { isSqlite, sequelize } from '../src/platform/database/connection.js'
import { migrate } from '../src/platform/database/migrate.js'
import { write } from '../src/platform/database/write-queue.js'
import { clientOf, clientWithValue, makePersonal, makeUser, superuserClient } from './support.js'

/** What is no time, or none of the years 0001 to 9999: most of it is ISO 8601, or something that JavaScript would read. */
const NONE = [
  '20990101',
  '2099-W01-1',
  '2099W011',
  '2099-001',
  '2099001',
  '2099',
  '2099-01',
  '2099-01-01T12',
  '2099-01-01T1200Z',
  '20990101T120000Z',
  '2099-01-01T24:00:00Z',
  '2099-01-01T23:59:60Z',
  '2099-01-01T12:00:00,5Z',
  '2099-01-01T12:00.5Z',
  '2099-01-01T12:00:00+0530',
  '2099-01-01T12:00:00+05',
  '2099-01-01T12:00:00+24:00',
  '2099-01-01T12:00:00+05:60',
  '2099-01-01T12:00:00 Z',
  '2099-01-01T12:00:00.Z',
  '2099-02-29',
  '2099-02-30T00:00:00Z',
  '2099-04-31',
  '2099-13-01',
  '2099-00-01',
  '2099-01-00',
  '2099-1-1',
  '+2099-01-01',
  '+002099-01-01T00:00:00Z',
  '-2099-01-01',
  '0000-01-01',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-05:00',
  '9999-12-31T23:59:59.999-00:01',
  '10000-01-01T00:00:00Z',
  ' 2099-01-01',
  '2099-01-01\n',
  '४२०९९-०१-०१',
  '4099680000000',
  'Fri, 01 Jan 2099 00:00:00 GMT',
  '',
]

/** What is one, and the moment that is meant. */
const TIMES: [text: string, moment: string][] = [
  ['2099-01-31', '2099-01-31T00:00:00.000Z'],
  ['2096-02-29', '2096-02-29T00:00:00.000Z'],
  ['2099-01-31T12:00:00Z', '2099-01-31T12:00:00.000Z'],
  ['2099-01-31t12:00:00z', '2099-01-31T12:00:00.000Z'],
  ['2099-01-31 12:00:00Z', '2099-01-31T12:00:00.000Z'],
  ['2099-01-31T12:00', '2099-01-31T12:00:00.000Z'],
  ['2099-01-31T12:00:00.5Z', '2099-01-31T12:00:00.500Z'],
  ['2099-01-31T12:00:00.123456789Z', '2099-01-31T12:00:00.123Z'],
  ['2099-01-31T00:30:00+05:30', '2099-01-30T19:00:00.000Z'],
  ['2099-12-31T20:00:00-05:00', '2100-01-01T01:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
]

describe('a time on the wire', () => {
  it('is refused by its field where it is none', async () => {
    const client = await clientOf(await makeUser())
    for (const expires_at of NONE) {
      const { status, body } = await client
        .post('/api/tokens')
        .send({ name: 'x', scopes: ['employees:read'], expires_at })
      expect([expires_at, status, Object.keys(body.errors ?? {})]).to.deep.equal([expires_at, 400, ['expires_at']])
    }
    expect(await Token.count({ where: { kind: 'personal' } })).to.equal(0)
  })

  it('is the moment that was meant, and stays it', async () => {
    const client = await clientOf(await makeUser())
    for (const [expires_at, moment] of TIMES) {
      const { body } = await client.post('/api/tokens').send({ name: 'x', scopes: ['employees:read'], expires_at })
      expect([expires_at, body.expires_at]).to.deep.equal([expires_at, moment])
      expect((await client.get(`/api/tokens/${body.id}`)).body.expires_at).to.equal(moment)
    }
  })

  for (const [path, field] of [
    ['/api/events', 'at_min'],
    ['/api/events', 'at_max'],
    ['/api/tokens', 'expires_at_min'],
    ['/api/tokens', 'expires_at_max'],
  ] as const)
    it(`is held to the same rule in ${field}`, async () => {
      const client = await superuserClient()
      for (const text of NONE) {
        const { status, body } = await client.get(`${path}?${field}=${encodeURIComponent(text)}`)
        expect([text, status, Object.keys(body.errors ?? {})]).to.deep.equal([text, 400, [field]])
      }
      for (const [text] of [...TIMES, ['0001-01-01'] as const])
        expect([text, (await client.get(`${path}?${field}=${encodeURIComponent(text)}`)).status]).to.deep.equal([
          text,
          200,
        ])
    })

  it('finds by a filter what is before and after it', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    await makePersonal(user, { name: 'late', expiresAt: new Date('9999-12-31T23:59:59.999Z') })
    await makePersonal(user, { name: 'soon', expiresAt: new Date('2050-01-01T00:00:00Z') })
    const names = async (query: string) =>
      (await client.get(`/api/tokens?kind=personal&${query}`)).body.map(({ name }: { name: string }) => name)
    expect(await names('expires_at_min=0001-01-01')).to.deep.equal(['late', 'soon'])
    expect(await names('expires_at_max=2050-01-01')).to.deep.equal(['soon'])
    expect(await names('expires_at_min=9999-12-31T23:59:59.999Z')).to.deep.equal(['late'])
  })
})

describe('an expiry that 0.1.0 kept and that is no time', () => {
  async function upgraded(stored: string) {
    const user = await makeUser()
    const { token, value } = await makePersonal(user, { scopes: ['employees:read', 'tokens:read'] })
    await write(async (transaction) => {
      await sequelize.query('UPDATE tokens SET expires_at = $stored WHERE id = $id', {
        bind: { stored, id: token.id },
        transaction,
      })
      await sequelize.query("DELETE FROM migrations WHERE name = '0020-times'", { transaction })
    })
    const before = (await clientWithValue(value).get('/api/emp_viewset')).status
    expect((await migrate('refuse', takenScopes)).applied).to.deep.equal(['0020-times'])
    const { body } = await (await clientOf(user)).get(`/api/tokens/${token.id}`)
    return { before, after: (await clientWithValue(value).get('/api/emp_viewset')).status, body }
  }

  if (isSqlite)
    it('lets nobody in, and is the moment of the upgrade from then on', async () => {
      const { before, after, body } = await upgraded('Invalid date')
      expect([before, after, body.state]).to.deep.equal([401, 401, 'expired'])
      expect(new Date(body.expires_at).getTime()).to.be.closeTo(Date.now(), 60_000)
    })

  it('ends with the year 9999 where it was of the one after', async () => {
    const { after, body } = await upgraded('10000-01-01 04:59:59.000 +00:00')
    expect([after, body.state, body.expires_at]).to.deep.equal([200, 'active', '9999-12-31T23:59:59.999Z'])
  })

  it('stays where it is one', async () => {
    const { after, body } = await upgraded('2099-01-31 12:00:00.000 +00:00')
    expect([after, body.expires_at]).to.deep.equal([200, '2099-01-31T12:00:00.000Z'])
  })
})
