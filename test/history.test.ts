import { expect } from 'chai'
import type { Attributes, WhereOptions } from 'sequelize'
import { Change } from '../src/api/change.js'
import { pruneEvents } from '../src/audit/chain.js'
import { Event } from '../src/audit/event.js'
import { eraseHistory, pruneHistory, verifyHistory } from '../src/audit/history.js'
import { issueSetupLink } from '../src/identity/sign-in/setup-link.js'
import { User } from '../src/identity/users/user.js'
import { write } from '../src/platform/database/write-queue.js'
import {
  anonymous,
  clientFor,
  clientOf,
  clientWith,
  makePersonal,
  makeUser,
  PASSWORD,
  superuserClient,
  TESTER,
} from './support.js'

type Client = Awaited<ReturnType<typeof superuserClient>>

const DAY = 86_400_000

async function historyOf(client: Client, resource: string, object: number | string) {
  const { body } = await client.get(`/api/changes?resource=${resource}&object=${object}`).expect(200)
  return body.map(({ action, fields }: { action: string; fields: { name: string; old: unknown; new: unknown }[] }) => [
    action,
    Object.fromEntries(fields.map(({ name, old, new: now }) => [name, [old, now]])),
  ])
}

function tamper(values: Partial<Attributes<Change>>, where: WhereOptions) {
  return write((transaction) => Change.update(values, { where, transaction }))
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

describe('the history of a row', () => {
  it('is as it was written', async () => {
    const root = await superuserClient()
    await root.post('/api/emp_viewset').send({ empid: 101, empname: 'Srinu', salary: '20000.00' })
    const { checked, erased, problems } = await verifyHistory()
    expect({ erased, problems }).to.deep.equal({ erased: 0, problems: [] })
    expect(checked).to.equal(await Change.count())
  })

  it('tells a row that somebody changed', async () => {
    const root = await superuserClient()
    await root.post('/api/emp_viewset').send({ empid: 101, empname: 'Srinu', salary: '20000.00' })
    await tamper({ actor: 'nobody' }, { resource: 'employees' })
    const { id } = (await Change.findOne({ where: { resource: 'employees' } }))!
    const { body } = await root.get('/api/events/verification').expect(200)
    expect(body.history.problems).to.deep.equal([{ id: Number(id), reason: 'the row was changed or added' }])
    expect(body.broken).to.equal(null)
  })

  it('tells a row of a user that somebody took away', async () => {
    const root = await superuserClient()
    const { body: user } = await root.post('/api/users').send({ username: 'ravi' })
    const where = { resource: 'users', object: String(user.id) }
    const { id } = (await Change.findOne({ where }))!
    await write((transaction) => Change.destroy({ where, transaction }))
    const [problem] = (await verifyHistory()).problems
    expect(problem!.id).to.equal(Number(id))
    expect(problem!.reason).to.match(/^it is missing, and event \d+ tells of it$/)
  })

  it('tells two rows that were exchanged', async () => {
    const root = await superuserClient()
    await root.post('/api/groups').send({ name: 'a', scopes: [] })
    await root.post('/api/groups').send({ name: 'b', scopes: [] })
    const [one, other] = await Change.findAll({ where: { resource: 'groups' }, order: ['id'], raw: true })
    const { id: _one, ...values } = one!
    await tamper(values, { id: other!.id })
    expect((await verifyHistory()).problems.map(({ id }) => id)).to.deep.equal([Number(other!.id)])
  })

  it('is erased with what is theirs, which the trail tells and does not call broken', async () => {
    const root = await superuserClient()
    const { body: user } = await root.post('/api/users').send({ username: 'ravi', email: 'r@example.com' })
    await root
      .post('/api/tokens')
      .send({ user: user.id, name: 'of ravi', scopes: ['employees:read'] })
      .expect(201)
    await root.patch(`/api/users/${user.id}`).send({ email: '' })
    const place = { resource: 'users', object: String(user.id) }
    expect(await eraseHistory(place, 'and what is theirs', TESTER)).to.equal(3)
    expect(JSON.stringify(await Change.findAll({ raw: true }))).to.not.match(/example\.com|of ravi/)
    const { body } = await root.get('/api/events/verification').expect(200)
    expect(body.broken).to.equal(null)
    expect(body.history).to.include({ erased: 3 }).and.deep.include({ problems: [] })
  })

  it('goes an hour after its event, which a verification does not miss', async () => {
    const root = await superuserClient()
    await root.post('/api/groups').send({ name: 'a', scopes: [] })
    await pruneEvents(DAY, new Date(Date.now() + DAY + 60_000))
    expect(await pruneHistory(DAY, new Date(Date.now() + DAY + 60_000))).to.equal(0)
    expect(await pruneHistory(DAY, new Date(Date.now() + DAY + 3_660_000))).to.be.greaterThan(0)
    expect(await Change.count()).to.equal(0)
    expect((await verifyHistory()).problems).to.deep.equal([])
  })
})

describe('listEvents', () => {
  it('names the fields that were changed, and never their values', async () => {
    const root = await superuserClient()
    const { body: user } = await root.post('/api/users').send({ username: 'ravi' })
    await root.patch(`/api/users/${user.id}`).send({ email: 'r@example.com' }).expect(200)
    const { body } = await root.get(`/api/events?object=user:${user.id}&action=user.changed`).expect(200)
    expect(body.map(({ fields }: { fields: string[] }) => fields)).to.deep.equal([['email']])
    expect(JSON.stringify(await Event.findAll({ raw: true }))).to.not.include('r@example.com')
  })

  it('leaves out sign-ins, settings and refusals', async () => {
    const root = await superuserClient()
    await root.post('/api/groups').send({ name: 'a', scopes: [] })
    const act = (action: 'login.succeeded' | 'settings.changed' | 'token.unreadable', outcome: 'done' | 'refused') =>
      write((transaction) => Event.record(TESTER, { action, object: 'x', outcome }, transaction))
    await act('login.succeeded', 'done')
    await act('settings.changed', 'done')
    await act('token.unreadable', 'refused')
    const actions = async (query: string) =>
      (await root.get(`/api/events?${query}`).expect(200)).body.map(({ action }: { action: string }) => action)
    const kept = await actions('without=sign-ins,settings,refusals')
    expect(kept).to.include('group.created').and.not.include.members(['login.succeeded'])
    expect(kept).to.not.include('settings.changed').and.not.include('token.unreadable')
    expect(await actions('without=refusals')).to.include.members(['login.succeeded', 'settings.changed'])
  })

  it('refuses an action and a kind that there is none of', async () => {
    const client = await clientOf(await makeUser({ isSuperuser: true }))
    expect((await client.get('/api/events?action=user.eaten').expect(400)).body.errors).to.have.key('action')
    expect((await client.get('/api/events?without=all').expect(400)).body.errors).to.have.key('without')
  })
})
