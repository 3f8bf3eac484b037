import { expect } from 'chai'
import fc from 'fast-check'
import { writeUses } from '../src/identity/access/usage.js'
import { Group } from '../src/identity/groups/group.js'
import { Token } from '../src/identity/tokens/token.js'
import { User } from '../src/identity/users/user.js'
import {
  accountOf,
  clientOf,
  clientWithValue,
  makePersonal,
  makeUser,
  PASSWORD,
  superuserClient,
  TESTER,
} from './support.js'

describe('rotateToken', () => {
  it('gives the same record a new value, and the old one works until its deadline', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    const { token, value: old } = await makePersonal(user, { name: 'ci' })
    const { status, body, headers } = await client
      .post(`/api/tokens/${token.id}/rotate`)
      .send({ overlap_seconds: 3600 })
    expect(status).to.equal(200)
    expect(headers['cache-control']).to.equal('no-store')
    expect(body).to.include({ id: token.id, name: 'ci', state: 'rotating' })
    const [withOld, withNew] = [await clientWithValue(old).get('/api/'), await clientWithValue(body.token).get('/api/')]
    expect([withOld.status, withNew.status]).to.deep.equal([200, 200])
    expect(withOld.headers['token-replaced']).to.equal('true')
    expect(new Date(withOld.headers['token-expires-at']!).getTime()).to.be.closeTo(Date.now() + 3_600_000, 10_000)
    expect(withNew.headers).not.to.have.any.keys('token-replaced', 'token-expires-at')
  })

  it('tells who still uses the old value', async () => {
    const user = await makeUser()
    const client = await clientOf(user)
    const { token, value } = await makePersonal(user)
    await client.post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 3600 })
    for (let use = 0; use < 3; use++) await clientWithValue(value).get('/api/emp_viewset')
    await writeUses()
    const { body } = await client.get(`/api/tokens/${token.id}`)
    expect(body.replaced).to.include({ use_count: 3, last_used_from: '127.0.0.1' })
  })

  it('ends the old value at once without an overlap', async () => {
    const user = await makeUser()
    const { token, value } = await makePersonal(user)
    await (await clientOf(user)).post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 0 })
    expect((await clientWithValue(value).get('/api/')).status).to.equal(401)
  })

  it('of an account token changes what /gettoken/ answers', async () => {
    const user = await makeUser()
    const old = await accountOf(user)
    const { id } = (await Token.findOne({ where: { userId: user.id } }))!
    const { body } = await clientWithValue(old).post(`/api/tokens/${id}/rotate`).send({ overlap_seconds: 60 })
    expect(await accountOf(user))
      .to.equal(body.token)
      .and.not.equal(old)
  })

  it('is not for the value that was replaced, which makes no token either', async () => {
    const user = await makeUser()
    const { token, value } = await makePersonal(user, { scopes: ['employees:read', 'tokens:write'] })
    await Token.rotate(token.id, { overlap: 3600, ownerId: user.id, maxAge: undefined }, TESTER, () => {})
    const old = clientWithValue(value)
    expect((await old.post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 0 })).status).to.equal(403)
    expect((await old.post('/api/tokens').send({ name: 'x', scopes: ['employees:read'] })).status).to.equal(403)
  })

  it('of a token that has ended is 409', async () => {
    const user = await makeUser()
    const { token } = await makePersonal(user, { expiresAt: new Date(Date.now() - 1) })
    expect(
      (await (await clientOf(user)).post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 0 })).status,
    ).to.equal(409)
  })

  it('by a personal token gives out no value that may do more than itself', async () => {
    const user = await makeUser()
    await accountOf(user)
    const { token: own, value } = await makePersonal(user, { scopes: ['employees:read', 'tokens:write'] })
    const { token: wider } = await makePersonal(user, { scopes: ['employees:write'] })
    const { id: account } = (await Token.findOne({ where: { userId: user.id, kind: 'account' } }))!
    const rotate = (id: number) => clientWithValue(value).post(`/api/tokens/${id}/rotate`).send({ overlap_seconds: 60 })
    expect((await rotate(wider.id)).status).to.equal(403)
    expect((await rotate(account)).status).to.equal(403)
    expect((await rotate(own.id)).status).to.equal(200)
  })

  it('of another’s token is 404, and for a superuser 200', async () => {
    const { token } = await makePersonal(await makeUser())
    const path = `/api/tokens/${token.id}/rotate`
    expect((await (await clientOf(await makeUser())).post(path).send({ overlap_seconds: 0 })).status).to.equal(404)
    expect((await (await superuserClient()).post(path).send({ overlap_seconds: 0 })).status).to.equal(200)
  })

  for (const overlap of [-1, 1.5, 2_592_001, '60', null])
    it(`refuses an overlap of ${JSON.stringify(overlap)}`, async () => {
      const user = await makeUser()
      const { token } = await makePersonal(user)
      expect(
        (await (await clientOf(user)).post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: overlap })).status,
      ).to.equal(400)
    })
})

describe('a value that was replaced', () => {
  async function replaced() {
    const root = await makeUser({ username: 'root', isSuperuser: true, isStaff: true })
    const old = await accountOf(root)
    const { id } = (await Token.findOne({ where: { userId: root.id } }))!
    await Token.rotate(id, { overlap: 3600, maxAge: undefined }, TESTER, () => {})
    return { root, id, client: clientWithValue(old) }
  }

  it('hands out nothing during its overlap: no user, password, group or token', async () => {
    const { root, id, client } = await replaced()
    const ravi = await makeUser()
    const group = await Group.add({ name: 'payroll', scopes: [] }, TESTER)
    const grants: ['post' | 'put' | 'patch', path: string, body: object][] = [
      ['post', '/api/users', { username: 'eve', is_superuser: true, password: 'tea-for-2-at-4' }],
      ['post', '/api/users', { username: 'eve' }],
      ['patch', `/api/users/${ravi.id}`, { is_superuser: true }],
      ['patch', `/api/users/${ravi.id}`, { email: 'eve@example.com' }],
      ['put', `/api/users/${ravi.id}/password`, { password: 'tea-for-2-at-4' }],
      ['put', `/api/users/${root.id}/password`, { password: 'tea-for-2-at-4', current_password: PASSWORD }],
      ['post', '/api/groups', { name: 'evil', scopes: [] }],
      ['patch', `/api/groups/${group.id}`, { scopes: ['users:write'] }],
      ['put', `/api/groups/${group.id}`, { name: 'evil', scopes: [] }],
      ['post', '/api/tokens', { name: 'x', scopes: ['employees:read'] }],
      ['post', '/api/tokens', { user: ravi.id }],
      ['post', `/api/tokens/${id}/rotate`, { overlap_seconds: 0 }],
    ]
    for (const [method, path, body] of grants) {
      const answer = await client[method](path).send(body)
      expect([path, answer.status, answer.body.detail]).to.deep.equal([
        path,
        403,
        'A value that was replaced cannot hand out rights.',
      ])
    }
    expect(await User.count()).to.equal(2)
    expect((await ravi.reload()).isSuperuser).to.equal(false)
    expect((await group.reload()).scopes).to.equal('')
  })

  it('reads, writes what gives nobody a right, and ends rights', async () => {
    const { client, id } = await replaced()
    expect((await client.get('/api/users')).status).to.equal(200)
    expect((await client.post('/api/emp_viewset').send({ empid: 1, empname: 'x', salary: '1' })).status).to.equal(201)
    const { token } = await makePersonal(await makeUser())
    expect((await client.delete(`/api/tokens/${token.id}`)).status).to.equal(204)
    expect((await client.delete(`/api/tokens/${id}`)).status).to.equal(204)
    expect((await client.get('/api/users')).status).to.equal(401)
  })
})

describe('a token in rotation', () => {
  const clock = Date.now

  afterEach(() => {
    Date.now = clock
  })

  it('has at most two values, and each only in its time, however it is rotated', async function () {
    this.timeout(120_000)
    const step = fc.record({ wait: fc.integer({ min: 0, max: 5000 }), overlap: fc.constantFrom(0, 1, 3, 10) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        let now = clock()
        Date.now = () => now
        const user = await makeUser()
        const first = await makePersonal(user)
        /** What must hold: each value and when it ends. */
        const values = [{ value: first.value, until: Number.POSITIVE_INFINITY }]
        for (const { wait, overlap } of steps) {
          now += wait
          const { value } = await Token.rotate(
            first.token.id,
            { overlap: overlap, ownerId: user.id, maxAge: undefined },
            TESTER,
            () => {},
          )
          for (const [index, earlier] of values.entries())
            earlier.until = Math.min(earlier.until, index === values.length - 1 ? now + overlap * 1000 : now)
          values.push({ value, until: Number.POSITIVE_INFINITY })
          for (const { value: sent, until } of values)
            expect((await clientWithValue(sent).get('/api/')).status, `${until - now} ms left`).to.equal(
              until > now ? 200 : 401,
            )
        }
      }),
      { numRuns: 15, seed: 1 },
    )
  })
})
