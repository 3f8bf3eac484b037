import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import { createApp } from '../src/http/app.js'
import { serverOf } from '../src/http/server.js'
import { writeUses } from '../src/identity/access/usage.js'
import { Group } from '../src/identity/groups/group.js'
import { beginSession } from '../src/identity/sessions/session.js'
import { Token } from '../src/identity/tokens/token.js'
import { User } from '../src/identity/users/user.js'
import { settings } from '../src/platform/config.js'
import { write } from '../src/platform/database/write-queue.js'
import { oneAfterTheOther } from './meanwhile.js'
import { everything } from './rows.js'
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

describe('If-Match of what changes by itself', () => {
  it('takes the tag of a token that was used and rotated since', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    const { token, value } = await makePersonal(user)
    const path = `/api/tokens/${token.id}`
    const read = await client.get(path)
    await clientWithValue(value).get('/api/emp_viewset')
    await writeUses()
    await client.post(`${path}/rotate`).send({ overlap_seconds: 60 })
    expect((await client.get(path).set('If-None-Match', read.headers.etag!)).status).to.equal(200)
    expect((await client.patch(path).set('If-Match', read.headers.etag!).send({ name: 'x' })).status).to.equal(200)
  })

  it('is stale when somebody else has changed the token', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    const { token } = await makePersonal(user)
    const { etag } = (await client.get(`/api/tokens/${token.id}`)).headers
    const change = (name: string) => client.patch(`/api/tokens/${token.id}`).set('If-Match', etag!).send({ name })
    const statuses = await Promise.all(Array.from({ length: 20 }, (_, number) => change(`name ${number}`)))
    expect(statuses.map(({ status }) => status).sort()).to.deep.equal([200, ...Array(19).fill(412)])
  })

  it('compares all of a tag of one digest, as 0.1.0 gave them', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    const { token, value } = await makePersonal(user)
    const path = `/api/tokens/${token.id}`
    const tag = (await client.get(path)).headers.etag!.replace(/\..*(?=")/, '')
    expect((await client.patch(path).set('If-Match', tag).send({})).status).to.equal(200)
    await clientWithValue(value).get('/api/emp_viewset')
    await writeUses()
    expect((await client.patch(path).set('If-Match', tag).send({})).status).to.equal(412)
  })

  it('takes the tag of a user who has signed in since, also behind a proxy that compresses', async () => {
    const root = await superuserClient()
    const { id } = await makeUser({ isStaff: true })
    const { etag } = (await root.get(`/api/users/${id}`)).headers
    await write((transaction) => User.update({ lastLogin: new Date() }, { where: { id }, transaction }))
    const read = await root.get(`/api/users/${id}`).set('If-None-Match', etag!)
    expect([read.status, read.headers.etag === etag]).to.deep.equal([200, false])
    const change = (email: string, tag: string) => root.patch(`/api/users/${id}`).set('If-Match', tag).send({ email })
    const tags = [etag!, etag!.replace(/"$/, '-gzip"'), etag!.replace(/"$/, '--gzip"'), `W/${etag}`]
    // What is changed is what it was, so that the next tag is no stale one.
    for (const tag of tags) expect((await change('', tag)).status).to.equal(200)
    expect((await change('a@example.com', etag!)).status).to.equal(200)
    for (const tag of tags) expect((await change('', tag)).status).to.equal(412)
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

describe('PATCH as an escalation', () => {
  interface World {
    values: Record<string, string>
    ids: Record<string, number>
  }
  type Try = [by: string, at: string, body: object, status: number]

  const both = { name: 'x', scopes: MANAGING }
  const TRIES: Record<string, Try> = {
    // A personal token that has an end and networks, at itself.
    'takes a scope of its user': ['bound', 'bound', { scopes: [...MANAGING, 'employees:write'] }, 403],
    'takes a scope of its user’s group': ['bound', 'bound', { scopes: ['users:read'] }, 403],
    'takes a scope that its user lacks': ['bound', 'bound', { scopes: ['users:write'] }, 400],
    'takes a scope that nobody has': ['bound', 'bound', { scopes: ['nothing:read'] }, 400],
    'takes all scopes': ['bound', 'bound', { scopes: null }, 400],
    'lives longer': ['bound', 'bound', { expires_at: inHours(3) }, 403],
    'lives for ever': ['bound', 'bound', { expires_at: null }, 403],
    'works from anywhere': ['bound', 'bound', { networks: [] }, 403],
    'works from all of IPv4': ['bound', 'bound', { networks: ['0.0.0.0/1'] }, 403],
    'works from a network around its own': ['bound', 'bound', { networks: ['126.0.0.0/7'] }, 403],
    'works from one more address': ['bound', 'bound', { networks: ['127.0.0.0/8', '::1'] }, 403],
    'works from its network as IPv6 wraps it': ['bound', 'bound', { networks: ['::ffff:127.0.0.0/96'] }, 403],
    'narrows one thing to widen another': ['bound', 'bound', { scopes: ['employees:read'], networks: [] }, 403],
    'becomes somebody else’s': ['bound', 'bound', { user: 1 }, 400],
    'becomes an account token': ['bound', 'bound', { kind: 'account' }, 400],
    'is not revoked any more': ['bound', 'bound', { revoked_at: null, state: 'active' }, 400],
    'gets another value': ['bound', 'bound', { token: 'lk_x', digest: 'x' }, 400],
    // Others of its user.
    'renames one that may do more': ['bound', 'wide', { name: 'mine' }, 403],
    'opens one that may do more': ['bound', 'wide', { networks: [], expires_at: inHours(1) }, 403],
    'renames one that lives longer': ['bound', 'free', { name: 'mine' }, 403],
    'gives one more than itself has': ['bound', 'shut', { scopes: ['employees:write'] }, 403],
    'gives one a network of its own': ['free', 'shut', { networks: ['127.0.0.1'] }, 403],
    'opens one to all networks': ['free', 'shut', { networks: [] }, 403],
    'gives one a scope of its own': ['free', 'reader', { scopes: MANAGING }, 403],
    'gives one a longer life': ['free', 'bound', { expires_at: inHours(5) }, 403],
    'takes the limit of one away': ['free', 'limited', { rate_limit: null }, 403],
    'raises the limit of one': ['free', 'limited', { rate_limit: { requests: 99, seconds: 60 } }, 403],
    'gives one a shorter window': ['free', 'limited', { rate_limit: { requests: 20, seconds: 1 } }, 403],
    'bounds the account token': ['free', 'account', { name: 'x', networks: ['192.0.2.1'] }, 400],
    'lengthens the session': ['free', 'session', { expires_at: inHours(99) }, 404],
    'revives one that was revoked': ['free', 'revoked', { expires_at: null }, 409],
    'revives one that has expired': ['account', 'expired', { expires_at: inHours(5) }, 409],
    // With a limit, of which it could make several.
    'takes its limit away': ['limited', 'limited', { rate_limit: null }, 403],
    'raises its limit': ['limited', 'limited', { rate_limit: { requests: 1000, seconds: 60 } }, 403],
    'lowers its limit': ['limited', 'limited', { rate_limit: { requests: 1, seconds: 60 } }, 403],
    'renames itself under a limit': ['limited', 'limited', { name: 'x' }, 403],
    'frees another under a limit': ['limited', 'shut', { networks: [] }, 403],
    // Without what it takes.
    'without tokens:write': ['reader', 'reader', { name: 'x' }, 403],
    'by a value that was replaced': ['replaced', 'rotating', { name: 'x' }, 403],
    'by a value that was replaced, at another': ['replaced', 'shut', { networks: [] }, 403],
    'by one that was revoked': ['revoked', 'revoked', both, 401],
    'by one that has expired': ['expired', 'expired', { expires_at: inHours(5) }, 401],
    'from another network': ['shut', 'shut', { networks: [] }, 401],
    'of a user who is disabled': ['disabled', 'disabled', both, 401],
    'with nothing': ['nobody', 'free', both, 401],
    // Other people's.
    'at another’s': ['account', 'others', { name: 'x' }, 404],
    'at a superuser’s': ['account', 'ofRoot', both, 404],
    'at another’s by a session': ['session', 'others', { name: 'x' }, 404],
    'at another’s by a superuser’s personal token': ['ofRoot', 'others', { name: 'x' }, 404],
    'more than its user by its user': ['account', 'free', { scopes: [...MANAGING, 'users:write'] }, 400],
    'more than its user by a session': ['session', 'free', { scopes: ['groups:write'] }, 400],
    'more than its user by a superuser': ['root', 'others', { scopes: ['users:write'] }, 400],
    'more than itself by a superuser’s personal token': ['ofRoot', 'ofRoot', { scopes: ['users:write'] }, 403],
  }

  async function world(): Promise<World> {
    await Group.add({ name: 'hr', scopes: ['users:read'] }, TESTER)
    const user = await makeUser({ isStaff: true, groups: ['hr'] })
    const [root, other] = [await makeUser({ isSuperuser: true }), await makeUser()]
    const disabled = await makeUser({ isActive: false })
    const made = {
      bound: await makePersonal(user, { scopes: MANAGING, networks: ['127.0.0.0/8'], expiresAt: inHours(2) }),
      free: await makePersonal(user, { scopes: MANAGING }),
      wide: await makePersonal(user, { scopes: ['employees:write', 'users:read'] }),
      shut: await makePersonal(user, { scopes: MANAGING, networks: ['192.0.2.0/24'], expiresAt: inHours(1) }),
      reader: await makePersonal(user, { scopes: ['employees:read', 'tokens:read'] }),
      limited: await makePersonal(user, { scopes: MANAGING, rateLimit: { requests: 20, seconds: 60 } }),
      revoked: await makePersonal(user, { scopes: MANAGING }),
      expired: await makePersonal(user, { scopes: MANAGING, expiresAt: new Date(Date.now() - 1) }),
      rotating: await makePersonal(user, { scopes: MANAGING }),
      others: await makePersonal(other, { scopes: MANAGING }),
      ofRoot: await makePersonal(root, { scopes: MANAGING }),
      disabled: await makePersonal(disabled, { scopes: MANAGING }),
    }
    await Token.revoke(made.revoked.token.id, undefined, TESTER)
    await Token.rotate(made.rotating.token.id, { overlap: 3600, maxAge: undefined }, TESTER, () => {})
    const values = Object.fromEntries(Object.entries(made).map(([name, { value }]) => [name, value]))
    const ids = Object.fromEntries(Object.entries(made).map(([name, { token }]) => [name, token.id]))
    const [account, rootAccount] = [await accountOf(user), await accountOf(root)]
    const session = await cookieFor(user)
    const of = async (kind: 'account' | 'session') => (await Token.findOne({ where: { userId: user.id, kind } }))!.id
    return {
      values: { ...values, replaced: values.rotating!, account, root: rootAccount, session },
      ids: { ...ids, account: await of('account'), session: await of('session') },
    }
  }

  it(`has ${Object.keys(TRIES).length} tries, of which none succeeds`, async () => {
    expect(Object.keys(TRIES)).to.have.lengthOf.at.least(40)
    const { values, ids } = await world()
    const before = await everything()
    const found: Record<string, number> = {}
    for (const [what, [by, at, body]] of Object.entries(TRIES)) {
      const value = values[by]
      const headers: Record<string, string> = { 'content-type': 'application/json' }
      if (by === 'session') Object.assign(headers, { cookie: value, 'sec-fetch-site': 'same-origin' })
      else if (value) headers.authorization = `Token ${value}`
      const answer = await raw('PATCH', `/api/tokens/${ids[at]}`, { headers, body: JSON.stringify(body) })
      found[what] = answer.status
      expect(await everything(), what).to.deep.equal(before)
    }
    const wanted = Object.fromEntries(Object.entries(TRIES).map(([what, [, , , status]]) => [what, status]))
    expect(found).to.deep.equal(wanted)
  })
})
