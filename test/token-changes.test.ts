import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import { createApp } from '../src/http/app.js'
import { serverOf } from '../src/http/server.js'
import { beginSession } from '../src/identity/sessions/session.js'
import { Token } from '../src/identity/tokens/token.js'
import { settings } from '../src/platform/config.js'
import { write } from '../src/platform/database/write-queue.js'
import { oneAfterTheOther } from './meanwhile.js'
import { everything } from './rows.js'
import { accountOf, clientOf, clientWithValue, makePersonal, makeUser, superuserClient, TESTER } from './support.js'

const HOUR = 3_600_000
const MANAGING = ['employees:read', 'tokens:read', 'tokens:write']

const inHours = (hours: number) => new Date(Date.now() + hours * HOUR)

describe('updateToken', () => {
  const fields: Record<string, unknown> = {
    name: 'monthly report',
    scopes: ['employees:read', 'employees:write'],
    networks: ['10.0.0.0/8', '::1'],
    expires_at: '2036-01-31T12:00:00.000Z',
    rate_limit: { requests: 100, seconds: 60 },
  }

  for (const [field, value] of Object.entries(fields))
    it(`sets ${field} and nothing else, and tells the trail which`, async () => {
      const user = await makeUser()
      const client = await clientOf(user)
      const { token } = await makePersonal(user)
      const path = `/api/tokens/${token.id}`
      const before = (await client.get(path)).body
      const { status, body, headers } = await client.patch(path).send({ [field]: value })
      expect(status).to.equal(200)
      expect(body).to.deep.equal({ ...before, [field]: value })
      const read = await client.get(path)
      expect([read.body, read.headers.etag]).to.deep.equal([body, headers.etag])
      const { action, object, fields } = (await Event.findOne({ order: [['id', 'DESC']] }))!
      expect([action, object, fields]).to.deep.equal(['token.changed', `token:${token.id}`, field])
    })

  it('takes bounds away with null and with no networks', async () => {
    const user = await makeUser()
    const bounds = { networks: ['127.0.0.1'], expiresAt: inHours(1), rateLimit: { requests: 5, seconds: 60 } }
    const { token } = await makePersonal(user, bounds)
    const { body } = await (await clientOf(user))
      .patch(`/api/tokens/${token.id}`)
      .send({ networks: [], expires_at: null, rate_limit: null })
    expect(body).to.deep.include({ networks: [], expires_at: null, rate_limit: null })
  })

  it('of nothing changes nothing, and is no event', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    const { token } = await makePersonal(user, { networks: ['127.0.0.1'] })
    const before = [await Event.count(), await everything()]
    for (const body of [{}, { name: 'test', scopes: ['employees:read'], networks: ['127.0.0.1'] }])
      expect((await client.patch(`/api/tokens/${token.id}`).send(body)).status).to.equal(200)
    expect([await Event.count(), await everything()]).to.deep.equal(before)
  })

  it('counts from the response on, whether it gives or takes', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    const { token, value } = await makePersonal(user)
    const used = async (change: object) => {
      expect((await client.patch(`/api/tokens/${token.id}`).send(change)).status).to.equal(200)
      return (await clientWithValue(value).post('/api/emp_viewset').send({})).status
    }
    expect((await clientWithValue(value).post('/api/emp_viewset').send({})).status).to.equal(403)
    expect(await used({ scopes: ['employees:write'] })).to.equal(400)
    expect(await used({ networks: ['192.0.2.0/24'] })).to.equal(401)
    expect(await used({ networks: [] })).to.equal(400)
    expect(await used({ rate_limit: { requests: 1, seconds: 60 } })).to.equal(400)
    expect((await clientWithValue(value).get('/api/')).status).to.equal(429)
  })

  it('holds for a value that was replaced, which ends with the token', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    const { token, value: old } = await makePersonal(user)
    await client.post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 7200 })
    const end = inHours(1)
    const { body } = await client.patch(`/api/tokens/${token.id}`).send({ scopes: ['tokens:read'], expires_at: end })
    expect(body.replaced.ends_at).to.equal(end.toISOString())
    const answer = await clientWithValue(old).get('/api/emp_viewset')
    expect([answer.status, answer.headers['token-expires-at']]).to.deep.equal([403, end.toISOString()])
    const later = await client.patch(`/api/tokens/${token.id}`).send({ expires_at: inHours(9) })
    expect(later.body.replaced.ends_at).to.equal(end.toISOString())
  })

  it('of a limit ends a window that is longer than the one of now', async () => {
    const user = await makeUser()
    const { token, value } = await makePersonal(user, { rateLimit: { requests: 1, seconds: 86_400 } })
    for (const status of [200, 429]) expect((await clientWithValue(value).get('/api/')).status).to.equal(status)
    await (await clientOf(user)).patch(`/api/tokens/${token.id}`).send({ rate_limit: { requests: 2, seconds: 60 } })
    const { status, headers } = await clientWithValue(value).get('/api/')
    expect([status, Number(headers['retry-after']) <= 60]).to.deep.equal([429, true])
  })

  it('by a superuser is for everybody’s', async () => {
    const { token } = await makePersonal(await makeUser())
    const { status, body } = await (await superuserClient()).patch(`/api/tokens/${token.id}`).send({ name: 'theirs' })
    expect([status, body.name]).to.deep.equal([200, 'theirs'])
  })

  it('by a personal token narrows and renames itself, and others within it', async () => {
    const user = await makeUser()
    const { token, value } = await makePersonal(user, { scopes: [...MANAGING, 'employees:write'] })
    const { token: other } = await makePersonal(user, { networks: ['127.0.0.0/8'] })
    const client = clientWithValue(value)
    const narrow = { name: 'narrow', scopes: MANAGING, networks: ['127.0.0.0/8'], expires_at: inHours(1) }
    const statuses = [
      (await client.patch(`/api/tokens/${other.id}`).send({ name: 'x', networks: ['127.0.0.1'] })).status,
      (await client.patch(`/api/tokens/${token.id}`).send(narrow)).status,
      (await client.patch(`/api/tokens/${token.id}`).send({ rate_limit: { requests: 5, seconds: 60 } })).status,
      (await client.patch(`/api/tokens/${token.id}`).send({ name: 'too late' })).status,
    ]
    expect(statuses).to.deep.equal([200, 200, 200, 403])
  })

  it('names an imported token and gives it other scopes, but gives none that its user lacks', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    // As an import makes them, which know no scopes.
    const { token } = await makePersonal(user, { name: 'from knox', scopes: ['employees:read', 'users:write'] })
    const refused = await client.patch(`/api/tokens/${token.id}`).send({ name: 'ours' })
    expect([refused.status, Object.keys(refused.body.errors)]).to.deep.equal([400, ['scopes']])
    const { status } = await client.patch(`/api/tokens/${token.id}`).send({ name: 'ours', scopes: ['employees:read'] })
    expect(status).to.equal(200)
  })

  const bad: Record<string, [body: object, fields: string[]]> = {
    'an empty name': [{ name: '' }, ['name']],
    'a name of spaces': [{ name: '  ' }, ['name']],
    'a name of 101 characters': [{ name: 'a'.repeat(101) }, ['name']],
    'no name': [{ name: null }, ['name']],
    'no scopes': [{ scopes: [] }, ['scopes']],
    'scopes that are null': [{ scopes: null }, ['scopes']],
    'an unknown scope': [{ scopes: ['nothing:read'] }, ['scopes']],
    'networks that are null': [{ networks: null }, ['networks']],
    'what is no network': [{ networks: ['127.0.0.1', '10.0.0.0/33'] }, ['networks.1']],
    'a time that has passed': [{ expires_at: '2020-01-01T00:00:00Z' }, ['expires_at']],
    'a time that is none': [{ expires_at: '2027-02-30' }, ['expires_at']],
    'a limit of none': [{ rate_limit: { requests: 0, seconds: 60 } }, ['rate_limit']],
    'half a limit': [{ rate_limit: { requests: 5 } }, ['rate_limit']],
    'another user': [{ user: 1 }, ['user']],
    'what nobody sets': [{ state: 'active', hint: 'x' }, ['state', 'hint']],
  }
  for (const [what, [body, fields]] of Object.entries(bad))
    it(`refuses ${what}, naming it`, async () => {
      const user = await makeUser()
      const { token } = await makePersonal(user)
      const answer = await (await clientOf(user)).patch(`/api/tokens/${token.id}`).send(body)
      expect([answer.status, Object.keys(answer.body.errors)]).to.deep.equal([400, fields])
    })

  it('of an account token is 400, of one that has ended 409, of a session 404', async () => {
    const user = await makeUser({ isStaff: true })
    const client = await clientOf(user)
    const account = (await Token.findOne({ where: { userId: user.id } }))!
    const { token: revoked } = await makePersonal(user)
    await Token.revoke(revoked.id, user.id, TESTER)
    const { token: expired } = await makePersonal(user, { expiresAt: new Date(Date.now() - 1) })
    const { session } = await beginSession(user, undefined, TESTER)
    const change = async (id: number) => (await client.patch(`/api/tokens/${id}`).send({ name: 'x' })).status
    const statuses = [account, revoked, expired, session].map(({ id }) => change(id))
    expect(await Promise.all(statuses)).to.deep.equal([400, 409, 409, 404])
  })

  it('of one that has ended says so in `errors`, as every 409 that no retry mends', async () => {
    const user = await makeUser()
    const { token } = await makePersonal(user)
    await Token.revoke(token.id, user.id, TESTER)
    const { status, body } = await (await clientOf(user)).patch(`/api/tokens/${token.id}`).send({ name: 'x' })
    expect([status, body.errors]).to.deep.equal([409, { non_field_errors: ['This token has ended.'] }])
  })

  it('takes no idempotency key', async () => {
    const user = await makeUser()
    const { token } = await makePersonal(user)
    const client = await clientOf(user)
    const answer = await client.patch(`/api/tokens/${token.id}`).set('Idempotency-Key', '"x"').send({ name: 'x' })
    expect(answer.status).to.equal(400)
  })
})

describe('the longest life of a token, when it is changed', () => {
  const DAY = 24 * HOUR

  /** The status, and when the token then ends, in hours after it was made. */
  async function changed(expiresAt: Date | null, madeAt: Date, body: object) {
    const user = await makeUser()
    const { token } = await makePersonal(user, { expiresAt })
    await write((transaction) => Token.update({ createdAt: madeAt }, { where: { id: token.id }, transaction }))
    const server = serverOf(createApp({ ...settings(), tokenMaxAge: DAY }), settings()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const answer = await fetch(`http://localhost:${(server.address() as AddressInfo).port}/api/tokens/${token.id}`, {
        method: 'PATCH',
        headers: { authorization: `Token ${await accountOf(user)}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const { expires_at: end, errors } = (await answer.json()) as { expires_at: string; errors?: object }
      return errors ? Object.keys(errors) : (Date.parse(end) - madeAt.getTime()) / HOUR
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  it('counts from when it was made', async () => {
    const made = inHours(-10)
    expect(await changed(inHours(1), made, { expires_at: new Date(made.getTime() + DAY) })).to.equal(24)
    expect(await changed(inHours(1), made, { expires_at: new Date(made.getTime() + DAY + 1) })).to.deep.equal([
      'expires_at',
    ])
  })

  it('is what a token gets that shall have no end', async () => {
    expect(await changed(inHours(1), inHours(-10), { expires_at: null })).to.equal(24)
    expect(await changed(inHours(1), inHours(-25), { expires_at: null })).to.deep.equal(['expires_at'])
  })

  it('has to be asked for where a token from before has no end', async () => {
    expect(await changed(null, inHours(-10), { name: 'x' })).to.deep.equal(['expires_at'])
    expect(await changed(null, inHours(-10), { name: 'x', expires_at: inHours(2) })).to.be.closeTo(12, 0.1)
  })
})

describe('two changes of a token at once', () => {
  it('by itself do not give back what one of them took', async () => {
    const user = await makeUser()
    const { token, value } = await makePersonal(user, { scopes: [...MANAGING, 'employees:write'] })
    const client = clientWithValue(value)
    const path = `/api/tokens/${token.id}`
    const [first, second] = await oneAfterTheOther(
      token,
      () => client.patch(path).send({ scopes: MANAGING }),
      () => client.patch(path).send({ scopes: ['tokens:write', 'employees:write'] }),
    )
    expect([first.status, second.status]).to.deep.equal([200, 403])
    expect((await Token.findByPk(token.id))!.scopes).to.equal(MANAGING.join(' '))
  })

  for (const [what, bounds] of Object.entries({
    networks: { networks: ['127.0.0.1'] },
    'an end': { expires_at: inHours(1) },
    'a limit': { rate_limit: { requests: 5, seconds: 60 } },
    'fewer scopes': { scopes: ['tokens:write'] },
  }))
    it(`make no token that is wider when the first gives it ${what}`, async () => {
      const user = await makeUser()
      const { token, value } = await makePersonal(user, { scopes: MANAGING })
      const client = await clientOf(user)
      const [first, second] = await oneAfterTheOther(
        user,
        () => client.patch(`/api/tokens/${token.id}`).send(bounds),
        () => clientWithValue(value).post('/api/tokens').send({ name: 'late', scopes: MANAGING }),
      )
      expect([first.status, second.status]).to.deep.equal([200, 403])
      expect(await Token.count({ where: { name: 'late' } })).to.equal(0)
    })
})
