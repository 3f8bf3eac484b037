import { expect } from 'chai'
import { issueSetupLink } from '../src/identity/sign-in/setup-link.js'
import { User } from '../src/identity/users/user.js'
import {
  anonymous,
  clientOf,
  clientWith,
  clientWithValue,
  cookieFor,
  makePersonal,
  makeUser,
  PASSWORD,
  superuserClient,
} from './support.js'

describe('createUser', () => {
  it('makes an account that can sign in, and never shows the password', async () => {
    const root = await superuserClient()
    const { status, body, headers, text } = await root
      .post('/api/users')
      .send({ username: ' रमन ', email: 'r@example.com', password: PASSWORD })
    expect(status).to.equal(201)
    expect(headers.location).to.equal(`/api/users/${body.id}`)
    expect(body).to.include({
      username: 'रमन',
      email: 'r@example.com',
      is_active: true,
      is_staff: false,
      is_superuser: false,
      last_login: null,
    })
    expect(text).not.to.contain(PASSWORD)
    expect((await anonymous().post('/gettoken/').send({ username: 'रमन', password: PASSWORD })).status).to.equal(200)
  })

  it('puts it into groups', async () => {
    const root = await superuserClient()
    await root.post('/api/groups').send({ name: 'payroll', scopes: ['users:read'] })
    const { body } = await root.post('/api/users').send({ username: 'ravi', groups: ['payroll'] })
    expect(body.groups).to.deep.equal(['payroll'])
    expect((await root.get(`/api/users/${body.id}`)).body).to.deep.equal(body)
    const ravi = await User.findByPk(body.id)
    expect((await (await clientOf(ravi!)).get('/api/users')).status).to.equal(200)
  })

  for (const username of ['RAVI', 'ravi', 'Ｒavi', ' ravi '])
    it(`answers 409 to ${JSON.stringify(username)} if there is ravi`, async () => {
      await makeUser({ username: 'ravi' })
      const { status, body } = await (await superuserClient()).post('/api/users').send({ username })
      expect(status).to.equal(409)
      expect(body.errors).to.deep.equal({ username: ['A user with that username already exists.'] })
    })

  it('answers 409 to the same name in another normal form', async () => {
    await makeUser({ username: 'jos\u00e9' })
    expect((await (await superuserClient()).post('/api/users').send({ username: 'jose\u0301' })).status).to.equal(409)
  })

  const bad: [what: string, body: object, field: string][] = [
    ['a name with a space', { username: 'a b' }, 'username'],
    ['a name with a line feed', { username: 'a\nb' }, 'username'],
    ['a name with a zero-width space', { username: 'bob\u200b' }, 'username'],
    ['a blank name', { username: ' ' }, 'username'],
    ['a long name', { username: 'x'.repeat(151) }, 'username'],
    ['no name', {}, 'username'],
    ['an email that is none', { username: 'a', email: 'x' }, 'email'],
    ['text for a boolean', { username: 'a', is_active: 'false' }, 'is_active'],
    ['a group that is not there', { username: 'a', groups: ['nosuch'] }, 'groups'],
    ['text for groups', { username: 'a', groups: 'everyone' }, 'groups'],
    ['a read-only member', { username: 'a', id: 7 }, 'id'],
    ['a column', { username: 'a', password_hash: 'x' }, 'password_hash'],
    ['__proto__', JSON.parse('{"username": "a", "__proto__": {}}'), '__proto__'],
    ['a short password', { username: 'a', password: 'x7!q' }, 'password'],
    ['a common password', { username: 'a', password: 'Password1' }, 'password'],
    ['the walkthrough’s password', { username: 'a', password: 'admin123' }, 'password'],
    ['the username as password', { username: 'long-enough', password: 'Long-Enough' }, 'password'],
    ['a password over 1,024 bytes', { username: 'a', password: 'é'.repeat(600) }, 'password'],
  ]
  for (const [what, body, field] of bad)
    it(`refuses ${what}, naming ${field}`, async () => {
      const client = await superuserClient()
      const answer = await client.post('/api/users').send(body)
      expect(answer.status, answer.text).to.equal(400)
      expect(Object.keys(answer.body.errors)).to.deep.equal([field])
      expect(await User.count()).to.equal(1)
    })
})

describe('rights', () => {
  for (const right of [{ is_staff: true }, { is_superuser: true }, { groups: ['everyone', 'payroll'] }])
    it(`are not handed out by users:write: ${JSON.stringify(right)}`, async () => {
      const root = await superuserClient()
      await root.post('/api/groups').send({ name: 'payroll', scopes: ['users:read'] })
      const client = await clientWith('users:write', 'users:read')
      const target = await makeUser()
      expect((await client.post('/api/users').send({ username: 'new', ...right })).status).to.equal(403)
      expect((await client.patch(`/api/users/${target.id}`).send(right)).status).to.equal(403)
      expect((await client.patch(`/api/users/${target.id}`).send({ email: 'a@b' })).status).to.equal(200)
    })

  it('of superusers and staff are not touched by users:write', async () => {
    const client = await clientWith('users:write')
    const root = await makeUser({ isSuperuser: true })
    const staff = await makeUser({ isStaff: true })
    for (const { id } of [root, staff]) {
      expect((await client.patch(`/api/users/${id}`).send({ is_active: false })).status).to.equal(403)
      expect((await client.delete(`/api/users/${id}`)).status).to.equal(403)
    }
  })

  it('are handed out by a superuser', async () => {
    const { id } = await makeUser()
    const { status, body } = await (await superuserClient())
      .patch(`/api/users/${id}`)
      .send({ is_staff: true, is_superuser: true })
    expect(status).to.equal(200)
    expect(body).to.include({ is_staff: true, is_superuser: true })
  })
})

describe('the last active superuser', () => {
  it('can be neither disabled, demoted nor deleted', async () => {
    const client = await superuserClient()
    const { id } = (await User.findOne())!
    expect((await client.patch(`/api/users/${id}`).send({ is_active: false })).status).to.equal(409)
    expect((await client.patch(`/api/users/${id}`).send({ is_superuser: false })).status).to.equal(409)
    expect((await client.delete(`/api/users/${id}`)).status).to.equal(409)
    expect((await client.get('/api/')).status).to.equal(200)
  })

  it('is there after two demote each other at once', async () => {
    const [a, b] = [await makeUser({ isSuperuser: true }), await makeUser({ isSuperuser: true })]
    const [clientA, clientB] = [await clientOf(a), await clientOf(b)]
    await Promise.all([
      clientA.patch(`/api/users/${b.id}`).send({ is_superuser: false }),
      clientB.patch(`/api/users/${a.id}`).send({ is_superuser: false }),
    ])
    expect(await User.count({ where: { isSuperuser: true, isActive: true } })).to.equal(1)
  })
})

describe('replaceUser', () => {
  const whole = { username: 'Ravi', email: '', is_active: true, is_staff: false, is_superuser: false, groups: [] }

  it('sets every field, and not the password', async () => {
    const root = await superuserClient()
    const { id } = await makeUser({ username: 'ravi', email: 'a@b' })
    const { status, body } = await root.put(`/api/users/${id}`).send(whole)
    expect(status).to.equal(200)
    expect(body).to.deep.include(whole)
    expect((await anonymous().post('/gettoken/').send({ username: 'Ravi', password: PASSWORD })).status).to.equal(200)
  })

  it('needs every field', async () => {
    const { id } = await makeUser()
    const { status, body } = await (await superuserClient()).put(`/api/users/${id}`).send({ username: 'Ravi' })
    expect(status).to.equal(400)
    expect(body.errors).to.have.all.keys('email', 'is_active', 'is_staff', 'is_superuser', 'groups')
  })

  it('answers 412 to a stale ETag', async () => {
    const root = await superuserClient()
    const { id } = await makeUser()
    const tag = (await root.get(`/api/users/${id}`)).headers.etag!
    expect((await root.put(`/api/users/${id}`).set('If-Match', tag).send(whole)).status).to.equal(200)
    expect((await root.put(`/api/users/${id}`).set('If-Match', tag).send(whole)).status).to.equal(412)
  })

  it('takes no password', async () => {
    const { id } = await makeUser()
    const { status, body } = await (await superuserClient()).patch(`/api/users/${id}`).send({ password: PASSWORD })
    expect(status).to.equal(400)
    expect(body.errors).to.have.all.keys('password')
  })
})

describe('users:write alone', () => {
  it('sets no password, which would hand out what everybody may', async () => {
    const client = await clientWith('users:write')
    expect((await client.post('/api/users').send({ username: 'puppet', password: PASSWORD })).status).to.equal(403)
    expect((await client.post('/api/users').send({ username: 'puppet' })).status).to.equal(201)
  })

  it('wakes no account, which would give back its rights', async () => {
    const { id } = await makeUser({ isActive: false })
    expect(
      (await (await clientWith('users:write')).patch(`/api/users/${id}`).send({ is_active: true })).status,
    ).to.equal(403)
  })

  it('gets no group by one whose name holds a comma', async () => {
    const root = await superuserClient()
    await root.post('/api/groups').send({ name: 'admins', scopes: ['groups:read'] })
    await root.post('/api/groups').send({ name: 'helpers', scopes: [] })
    await root.post('/api/groups').send({ name: 'admins,helpers', scopes: [] })
    const { id } = await makeUser({ groups: ['admins,helpers'] })
    const client = await clientWith('users:write')
    expect((await client.patch(`/api/users/${id}`).send({ groups: ['admins', 'helpers'] })).status).to.equal(403)
  })
})

describe('deleteUser', () => {
  it('deletes the account with its tokens', async () => {
    const root = await superuserClient()
    const ravi = await makeUser()
    const client = await clientOf(ravi)
    expect((await root.delete(`/api/users/${ravi.id}`)).status).to.equal(204)
    expect((await root.get(`/api/users/${ravi.id}`)).status).to.equal(404)
    expect((await client.get('/api/')).status).to.equal(401)
  })
})

describe('createFirstSuperuser', () => {
  it('makes the first superuser, once', async () => {
    const secret = (await issueSetupLink())!
    const first = { secret, username: 'Srinivas', password: PASSWORD }
    const { status, body } = await anonymous().post('/api/setup').send(first)
    expect(status).to.equal(201)
    expect(body).to.deep.equal({ username: 'Srinivas' })
    expect(await User.findOne({ where: { username: 'Srinivas' } })).to.include({ isSuperuser: true, isStaff: true })
    expect(
      (
        await anonymous()
          .post('/api/setup')
          .send({ ...first, username: 'other' })
      ).status,
    ).to.equal(409)
  })

  it('lets one of ten parallel tries through', async () => {
    const secret = (await issueSetupLink())!
    const tries = Array.from({ length: 10 }, (_, index) =>
      anonymous()
        .post('/api/setup')
        .send({ secret, username: `first${index}`, password: PASSWORD }),
    )
    const statuses = (await Promise.all(tries)).map(({ status }) => status).sort()
    expect(statuses).to.deep.equal([201, ...Array(9).fill(409)])
    expect(await User.count()).to.equal(1)
  }).timeout(30_000)

  it('takes no other secret, and says that it is used up once there is a superuser', async () => {
    const secret = (await issueSetupLink())!
    expect(
      (await anonymous().post('/api/setup').send({ secret: 'wrong', username: 'a', password: PASSWORD })).status,
    ).to.equal(400)
    await makeUser({ isSuperuser: true })
    const { status, body } = await anonymous().post('/api/setup').send({ secret, username: 'a', password: PASSWORD })
    expect(status).to.equal(409)
    expect(body.errors).to.deep.equal({
      secret: ['There is a superuser by now, so that this setup link is used up. Sign in instead.'],
    })
    expect(await issueSetupLink()).to.equal(undefined)
  })

  it('holds the password to the rules and keeps the link alive meanwhile', async () => {
    const secret = (await issueSetupLink())!
    const { status, body } = await anonymous()
      .post('/api/setup')
      .send({ secret, username: 'Srinivas', password: 'admin123' })
    expect(status).to.equal(400)
    expect(body.errors).to.have.all.keys('password')
    expect(
      (await anonymous().post('/api/setup').send({ secret, username: 'Srinivas', password: PASSWORD })).status,
    ).to.equal(201)
  })
})

describe('enabling a user', () => {
  it('tells how many tokens wake up: those that have not ended', async () => {
    const root = await superuserClient()
    const user = await makeUser()
    const path = `/api/users/${user.id}`
    await clientOf(user)
    const { value } = await makePersonal(user)
    await makePersonal(user, { expiresAt: new Date(Date.now() - 1) })
    const { token: revoked } = await makePersonal(user)
    await root.delete(`/api/tokens/${revoked.id}`).expect(204)
    await cookieFor(user.set('isStaff', true))
    const disabled = await root.patch(path).send({ is_active: false })
    expect(disabled.headers).not.to.have.property('tokens-woken')
    expect((await clientWithValue(value).get('/api/')).status).to.equal(401)
    const enabled = await root.patch(path).send({ is_active: true })
    expect(enabled.headers['tokens-woken']).to.equal('2')
    expect(enabled.headers.etag).to.equal((await root.get(path)).headers.etag)
    expect((await clientWithValue(value).get('/api/')).status).to.equal(200)
    expect((await root.patch(path).send({ is_active: true })).headers).not.to.have.property('tokens-woken')
  })

  it('tells so where it is replaced, and of none', async () => {
    const root = await superuserClient()
    const { id } = await makeUser({ username: 'ravi', isActive: false })
    const body = { username: 'ravi', email: '', is_active: true, is_staff: false, is_superuser: false, groups: [] }
    expect((await root.put(`/api/users/${id}`).send(body)).headers['tokens-woken']).to.equal('0')
  })
})
