import { expect } from 'chai'
import { Change } from '../src/api/change.js'
import { issueSetupLink } from '../src/identity/sign-in/setup-link.js'
import { User } from '../src/identity/users/user.js'
import {
  anonymous,
  clientFor,
  clientOf,
  clientWith,
  makePersonal,
  makeUser,
  PASSWORD,
  superuserClient,
} from './support.js'

type Client = Awaited<ReturnType<typeof superuserClient>>

async function historyOf(client: Client, resource: string, object: number | string) {
  const { body } = await client.get(`/api/changes?resource=${resource}&object=${object}`).expect(200)
  return body.map(({ action, fields }: { action: string; fields: { name: string; old: unknown; new: unknown }[] }) => [
    action,
    Object.fromEntries(fields.map(({ name, old, new: now }) => [name, [old, now]])),
  ])
}

describe('listChanges', () => {
  it('tells each change of an employee, with what was and what is', async () => {
    const root = await superuserClient()
    await root.post('/api/emp_viewset').send({ empid: 101, empname: 'Srinu', salary: '20000.00' })
    await root.patch('/api/emp_viewset/101').send({ salary: 25000 })
    await root.delete('/api/emp_viewset/101')
    expect(await historyOf(root, 'employees', 101)).to.deep.equal([
      ['created', { empid: [null, 101], empname: [null, 'Srinu'], salary: [null, '20000.00'] }],
      ['changed', { salary: ['20000.00', '25000.00'] }],
      ['deleted', { empid: [101, null], empname: ['Srinu', null], salary: ['25000.00', null] }],
    ])
  })

  it('tells who, when and in which request', async () => {
    const user = await makeUser({ username: 'ravi' })
    const client = await clientFor(user, ['employees:read', 'employees:write', 'events:read'])
    const before = Date.now()
    await client.post('/api/emp_viewset').send({ empid: 101, empname: 'Srinu', salary: '20000.00' }).expect(201)
    const [row] = (await client.get('/api/changes?resource=employees').expect(200)).body
    expect(row).to.include({ actor: 'ravi', actor_id: user.id, actor_kind: 'user', object: '101' })
    expect(row.request_id).to.match(/^[\da-f-]{36}$/)
    expect(Date.parse(row.at)).to.be.within(before, Date.now())
  })

  it('tells the changes of a user, of a password by its name alone', async () => {
    const root = await superuserClient()
    const { body: user } = await root.post('/api/users').send({ username: 'ravi', password: PASSWORD }).expect(201)
    await root.post('/api/groups').send({ name: 'payroll', scopes: [] })
    await root.patch(`/api/users/${user.id}`).send({ email: 'r@example.com', groups: ['payroll'], is_active: true })
    await root.put(`/api/users/${user.id}/password`).send({ password: 'coffee-4-two' }).expect(204)
    await root.delete(`/api/users/${user.id}`).expect(204)
    const rights = { is_active: [null, true], is_staff: [null, false], is_superuser: [null, false] }
    expect(await historyOf(root, 'users', user.id)).to.deep.equal([
      [
        'created',
        { username: [null, 'ravi'], email: [null, ''], ...rights, groups: [null, []], password: [null, null] },
      ],
      ['changed', { email: ['', 'r@example.com'], groups: [[], ['payroll']] }],
      ['changed', { password: [null, null] }],
      [
        'deleted',
        {
          username: ['ravi', null],
          email: ['r@example.com', null],
          is_active: [true, null],
          is_staff: [false, null],
          is_superuser: [false, null],
          groups: [['payroll'], null],
        },
      ],
    ])
  })

  it('begins with the first superuser, whom the setup link made', async () => {
    const secret = await issueSetupLink()
    await anonymous().post('/api/setup').send({ secret, username: 'ravi', password: PASSWORD }).expect(201)
    const ravi = (await User.findOne({ where: { username: 'ravi' } }))!
    const [row] = (await (await clientOf(ravi)).get(`/api/changes?resource=users&object=${ravi.id}`)).body
    expect(row).to.include({ action: 'created', actor: 'ravi', actor_id: ravi.id, actor_kind: 'setup' })
  })

  it('tells the changes of a group and of a scope', async () => {
    const root = await superuserClient()
    await root.post('/api/scopes').send({ name: 'reports:read', description: 'See' }).expect(201)
    await root.patch('/api/scopes/reports:read').send({ description: 'See them' }).expect(200)
    const { body: group } = await root.post('/api/groups').send({ name: 'payroll', scopes: ['reports:read'] })
    await root.patch(`/api/groups/${group.id}`).send({ name: 'wages' }).expect(200)
    await root.delete(`/api/groups/${group.id}`).expect(204)
    await root.delete('/api/scopes/reports:read').expect(204)
    expect(await historyOf(root, 'groups', group.id)).to.deep.equal([
      ['created', { name: [null, 'payroll'], scopes: [null, ['reports:read']] }],
      ['changed', { name: ['payroll', 'wages'] }],
      ['deleted', { name: ['wages', null], scopes: [['reports:read'], null] }],
    ])
    expect(await historyOf(root, 'scopes', 'reports:read')).to.deep.equal([
      ['created', { name: [null, 'reports:read'], description: [null, 'See'] }],
      ['changed', { description: ['See', 'See them'] }],
      ['deleted', { name: ['reports:read', null], description: ['See them', null] }],
    ])
  })

  it('tells what a token was and is, and never its uses', async () => {
    const root = await superuserClient()
    const { body: token } = await root.post('/api/tokens').send({ name: 'nightly', scopes: ['employees:read'] })
    const { body: rotated } = await root.post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 60 })
    await root.delete(`/api/tokens/${token.id}`).expect(204)
    const [made, ...changed] = await historyOf(root, 'tokens', token.id)
    expect(made[1]).to.include.keys('kind', 'user', 'name', 'scopes', 'hint', 'state')
    expect(changed).to.deep.equal([
      ['changed', { hint: [token.hint, rotated.hint], state: ['active', 'rotating'], token: [null, null] }],
      ['changed', { state: ['rotating', 'revoked'] }],
    ])
  })

  it('holds no password, no value of a token and nothing that is made of one', async () => {
    const root = await superuserClient()
    const { body: user } = await root.post('/api/users').send({ username: 'ravi', password: PASSWORD })
    const { body: token } = await root.post('/api/tokens').send({ user: user.id })
    const { body: rotated } = await root.post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 0 })
    await anonymous().post('/gettoken/').send({ username: 'ravi', password: PASSWORD })
    await root.put(`/api/users/${user.id}/password`).send({ password: 'coffee-4-two' })
    const text = JSON.stringify(await Change.findAll({ raw: true }))
    expect(
      [PASSWORD, 'coffee-4-two', token.token, rotated.token].filter((secret) => text.includes(secret)),
    ).to.deep.equal([])
    expect(text).to.not.match(/digest|hash|sealed|\$2/)
  })

  it('has no row of what was refused or changed nothing, and one of a create that came twice', async () => {
    const root = await superuserClient()
    const row = { empid: 101, empname: 'Srinu', salary: '20000.00' }
    const make = () => root.post('/api/emp_viewset').set('Idempotency-Key', 'a').send(row).expect(201)
    await make()
    await make()
    await root.post('/api/emp_viewset').send(row).expect(409)
    await root.put('/api/emp_viewset/101').send(row).expect(200)
    await root.patch('/api/emp_viewset/101').set('If-Match', '"old"').send({ salary: 1 }).expect(412)
    await root.delete('/api/emp_viewset/101').set('If-Match', '"old"').expect(412)
    expect((await historyOf(root, 'employees', 101)).map(([action]: [string]) => action)).to.deep.equal(['created'])
  })

  it('has one row for many that came at once', async () => {
    const root = await superuserClient()
    const rows = [1, 2, 3].map((empid) => ({ empid, empname: 'Srinu', salary: 1 }))
    await root.post('/api/emp_viewset/bulk?validate=true').send(rows).expect(204)
    await root.post('/api/emp_viewset/bulk').send(rows).expect(201)
    const { body } = await root.get('/api/changes?resource=employees').expect(200)
    expect(body.map(({ object, fields }: { object: string; fields: object[] }) => [object, fields])).to.deep.equal([
      ['', [{ name: 'rows', old: null, new: 3 }]],
    ])
  })

  it('needs the read scope of the resource that is named', async () => {
    const client = await clientWith('events:read', 'users:read')
    await client.get('/api/changes?resource=users').expect(200)
    const { body } = await client.get('/api/changes?resource=employees').expect(403)
    expect(body.missing_scopes).to.deep.equal(['employees:read'])
  })

  it('leaves out what the request may not read', async () => {
    const root = await superuserClient()
    await root.post('/api/emp_viewset').send({ empid: 101, empname: 'Srinu', salary: '20000.00' })
    await root.post('/api/groups').send({ name: 'payroll', scopes: [] })
    const client = await clientWith('events:read', 'groups:read')
    const { body } = await client.get('/api/changes').expect(200)
    expect(body.map(({ resource }: { resource: string }) => resource)).to.deep.equal(['groups'])
  })

  it("leaves out others' tokens, but for a superuser", async () => {
    const other = await makePersonal(await makeUser())
    const user = await makeUser()
    const own = await makePersonal(user)
    const client = await clientFor(user, ['events:read', 'tokens:read'])
    const idsFor = async (asker: Client) =>
      (await asker.get('/api/changes?resource=tokens').expect(200)).body.map(
        ({ object }: { object: string }) => +object,
      )
    expect(await idsFor(client))
      .to.include(own.token.id)
      .and.not.include(other.token.id)
    expect(await idsFor(await superuserClient())).to.include(other.token.id)
  })

  it('goes on by its cursor, the newest first', async () => {
    const root = await superuserClient()
    for (const empname of ['a', 'b', 'c', 'd'])
      await (empname === 'a'
        ? root.post('/api/emp_viewset').send({ empid: 101, empname, salary: 1 })
        : root.patch('/api/emp_viewset/101').send({ empname }))
    const first = await root.get('/api/changes?resource=employees&object=101&ordering=-id&limit=3').expect(200)
    const [, next] = /<http:\/\/[^/]+([^>]+)>; rel="next"/.exec(first.headers.link!)!
    const second = await root.get(next!).expect(200)
    const ids = [...first.body, ...second.body].map(({ id }: { id: number }) => id)
    expect(ids).to.have.lengthOf(4)
    expect(ids).to.deep.equal(ids.toSorted((one, other) => other - one))
  })
})
