import { expect } from 'chai'
import fc from 'fast-check'
import { Op, type Transaction } from 'sequelize'
import type { Actor } from '../src/audit/actor.js'
import { oldEvents, verifyEvents } from '../src/audit/chain.js'
import { type Act, Event, EventEnd } from '../src/audit/event.js'
import { inTheWay } from '../src/audit/free-id.js'
import { countRefusal, writeRefusals } from '../src/audit/refusals.js'
import { writeUses } from '../src/identity/access/usage.js'
import { User } from '../src/identity/users/user.js'
import { sweep } from '../src/platform/database/sweep.js'
import { write } from '../src/platform/database/write-queue.js'
import { statementsDuring } from './statements.js'
import {
  anonymous,
  clientOf,
  clientWith,
  clientWithValue,
  makePersonal,
  makeUser,
  PASSWORD,
  superuserClient,
  TESTER,
} from './support.js'

function record(act: Partial<Act> = {}) {
  const whole = { action: 'user.changed', object: 'user:1', change: {}, ...act } as Act
  return write((transaction) => Event.record(TESTER, whole, transaction))
}

async function actions() {
  return (await Event.findAll({ order: ['id'] })).map(({ action, object, outcome }) => `${action} ${object} ${outcome}`)
}

describe('the audit trail', () => {
  it('keeps both names of what was given another one', async () => {
    const root = await superuserClient()
    const { id } = await makeUser({ username: 'ravi' })
    await root.patch(`/api/users/${id}`).send({ username: 'रमन', email: 'r@example.com' })
    const { body: group } = await root.post('/api/groups').send({ name: 'payroll', scopes: ['users:read'] })
    await root.patch(`/api/groups/${group.id}`).send({ name: 'wages "of" 2027' })
    await root.patch(`/api/groups/${group.id}`).send({ scopes: [] })
    const details = (await Event.findAll({ where: { action: ['user.changed', 'group.changed'] }, order: ['id'] })).map(
      ({ detail }) => detail,
    )
    expect(details).to.deep.equal([
      'username "ravi" to "रमन", email',
      'name "payroll" to "wages \\"of\\" 2027" users:read',
      '',
    ])
  })

  it('has one row for each act, with who, what, when, from where and which request', async () => {
    const root = await superuserClient()
    const { id: rootId } = (await User.findOne())!
    const before = await Event.count()
    const { body: group } = await root.post('/api/groups').send({ name: 'g', scopes: ['users:read'] })
    const { body: user } = await root.post('/api/users').send({ username: 'ravi', password: PASSWORD })
    await root.patch(`/api/users/${user.id}`).send({ groups: ['g'] })
    await root.patch(`/api/groups/${group.id}`).send({ scopes: [] })
    const { body: token } = await root.post('/api/tokens').send({ user: user.id })
    await root.post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 0 })
    await root.put(`/api/users/${user.id}/password`).send({ password: 'coffee-4-two' })
    await anonymous().post('/gettoken/').send({ username: 'ravi', password: 'coffee-4-two' })
    await root.delete(`/api/groups/${group.id}`)
    const { headers } = await root.delete(`/api/users/${user.id}`)
    expect(headers).not.to.have.property('x-request-id')
    // The batch of last uses may be written at any moment.
    const acts = (await actions()).slice(before).filter((act) => !act.startsWith('token.new_network'))
    expect(acts).to.deep.equal([
      `group.created group:${group.id} done`,
      `user.created user:${user.id} done`,
      `user.changed user:${user.id} done`,
      `group.changed group:${group.id} done`,
      `token.created token:${token.id} done`,
      `token.rotated token:${token.id} done`,
      `password.set user:${user.id} done`,
      `login.succeeded user:${user.id} done`,
      `token.created token:${token.id + 1} done`,
      `group.deleted group:${group.id} done`,
      `user.deleted user:${user.id} done`,
    ])
    const { body: listed } = await root.get('/api/events?action=user.created&ordering=-id&limit=1')
    expect(listed[0]).to.include({
      actor: 'root',
      actor_id: rootId,
      from: '127.0.0.1',
      outcome: 'done',
      object: `user:${user.id}`,
      detail: 'ravi',
    })
    expect(listed[0].request_id).to.match(/^[0-9a-f-]{36}$/)
    expect(Date.now() - new Date(listed[0].at).getTime()).to.be.within(0, 60_000)
  })

  it('has nothing of an act that was refused or undone', async () => {
    const root = await superuserClient()
    // The first use of a token from a network is an event of its own, written in the background.
    await root.get('/api/')
    await writeUses()
    const before = await actions()
    await root.post('/api/users').send({ username: 'root' })
    await root.delete('/api/groups/1')
    await root.patch('/api/users/999999').send({ is_staff: true })
    expect(await actions()).to.deep.equal(before)
  })

  it('is closed to all but those with events:read, and is read only', async () => {
    expect((await (await clientOf(await makeUser())).get('/api/events')).status).to.equal(403)
    const reader = await clientWith('events:read')
    expect((await reader.get('/api/events')).status).to.equal(200)
    expect((await reader.get('/api/events/1')).status).to.equal(200)
    for (const method of ['put', 'patch', 'delete'] as const)
      expect((await reader[method]('/api/events/1')).status).to.equal(405)
  })

  it('is filtered and paged', async () => {
    const reader = await clientWith('events:read')
    for (let index = 0; index < 5; index++) await record({ action: 'keys.rotated', object: `key:${index}` })
    expect((await reader.get('/api/events?action=keys.rotated&limit=2&count=true')).headers['x-total-count']).to.equal(
      '5',
    )
    expect((await reader.get('/api/events?object=key:3')).body).to.have.lengthOf(1)
    expect((await reader.get('/api/events?action_contains=KEYS&search=key:4')).body).to.have.lengthOf(1)
    expect((await reader.get('/api/events?at_min=2100-01-01T00:00:00Z')).body).to.deep.equal([])
    expect((await reader.get('/api/events?ordering=-at&limit=1')).body[0].object).to.equal('key:4')
    expect((await reader.get('/api/events?ordering=mark')).status).to.equal(400)
  })

  it('is filtered by the name of who acted, and by the id', async () => {
    // The name was compared with the id: no row on SQLite, a failure on PostgreSQL.
    const root = await superuserClient()
    const { body: group } = await root.post('/api/groups').send({ name: 'payroll', scopes: [] })
    const { body: created } = await root.get('/api/events?actor=root&action=group.created')
    expect(created).to.have.lengthOf(1)
    expect(created[0].object).to.equal(`group:${group.id}`)
    const { body: same } = await root.get(`/api/events?actor_id=${created[0].actor_id}&action=group.created`)
    expect(same).to.deep.equal(created)
  })

  it('records the first use from a new network, once', async () => {
    const { token, value } = await makePersonal(await makeUser())
    for (let round = 0; round < 2; round++) {
      await clientWithValue(value).get('/api/')
      await writeUses()
    }
    const found = await Event.findAll({ where: { action: 'token.new_network', object: `token:${token.id}` } })
    expect(found.map(({ detail }) => detail)).to.deep.equal(['127.0.0.0/24'])
  })

  it('counts refusals in memory: one row for a subject, address and minute', async () => {
    const clock = Date.now
    const now = clock()
    Date.now = () => now
    try {
      const user = await makeUser()
      const { value } = await makePersonal(user, { scopes: ['employees:read'] })
      for (let round = 0; round < 7; round++) await clientWithValue(value).get('/api/users')
      // Other tests' refusals wait in the same memory.
      const where = { action: 'request.refused', actor: user.username }
      await writeRefusals('ended')
      expect(await Event.count({ where })).to.equal(0)
      Date.now = () => now + 60_000
      await writeRefusals('ended')
      const rows = await Event.findAll({ where })
      expect(rows.map(({ detail }) => detail.replace(/^token:\d+ /, ''))).to.deep.equal(['needs users:read, 7 times'])
    } finally {
      Date.now = clock
    }
  })

  it('writes a refusal once, also when a stop comes while it is being written', async () => {
    for (let index = 0; index < 300; index++)
      countRefusal({ ...TESTER, name: `m${index}` }, { action: 'login.failed', object: '' })
    await Promise.all([writeRefusals('all'), writeRefusals('all')])
    expect(await Event.count({ where: { actor: { [Op.startsWith]: 'm' } } })).to.equal(300)
  })

  it('does not grow with an attacker’s imagination', async () => {
    for (let index = 0; index < 5000; index++)
      countRefusal({ ...TESTER, name: `n${index}` }, { action: 'login.failed', object: '' })
    await writeRefusals('all')
    expect(await Event.count({ where: { action: 'login.failed' } })).to.be.at.most(1002)
  })
})

describe('the chain of events', () => {
  it('is whole, in commit order, after many writers at once', async () => {
    const before = await Event.count()
    await Promise.all(Array.from({ length: 60 }, (_, index) => record({ object: `user:${index}` })))
    const ids = (await Event.findAll({ order: ['id'] })).map(({ id }) => id)
    expect(ids).to.deep.equal(Array.from({ length: before + 60 }, (_, index) => index + 1))
    expect(await verifyEvents()).to.deep.equal({ checked: before + 60 })
  })

  const tamperings: [what: string, tamper: (id: number) => Promise<unknown>, broken: (id: number) => number][] = [
    [
      'changed',
      (id) => write((transaction) => Event.update({ actor: 'somebody else' }, { where: { id }, transaction })),
      (id) => id,
    ],
    ['deleted', (id) => write((transaction) => Event.destroy({ where: { id }, transaction })), (id) => id],
    [
      'swapped in time',
      (id) => write((transaction) => Event.update({ at: new Date(0) }, { where: { id }, transaction })),
      (id) => id,
    ],
    [
      'cut off at the end',
      (id) => write((transaction) => Event.destroy({ where: { id: { [Op.gte]: id } }, transaction })),
      (id) => id,
    ],
  ]
  for (const [what, tamper, broken] of tamperings)
    it(`tells the first row that was ${what}, wherever it is`, async function () {
      this.timeout(60_000)
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.nat(), async (length, choice) => {
          await write((transaction) => Event.destroy({ where: {}, transaction }))
          await write((transaction) =>
            EventEnd.update({ eventId: 0, link: '', keyId: null, signature: null }, { where: {}, transaction }),
          )
          for (let index = 0; index < length; index++) await record({ detail: String(index) })
          const id = 1 + (choice % length)
          await tamper(id)
          expect((await verifyEvents()).broken?.id).to.equal(broken(id))
        }),
        { numRuns: 10, seed: 1 },
      )
    })

  it('tells when its end is cut off and put back to the row before', async () => {
    for (let index = 0; index < 5; index++) await record({ detail: String(index) })
    const last = (await Event.findOne({ order: [['id', 'DESC']] }))!
    const before = (await Event.findByPk(last.id - 1))!
    await write(async (transaction) => {
      await Event.destroy({ where: { id: last.id }, transaction })
      await EventEnd.update({ eventId: before.id, link: before.link }, { where: { name: 'last' }, transaction })
    })
    expect((await verifyEvents()).broken?.reason).to.equal('the end of the trail was changed')
  })

  it('continues from a signed checkpoint after pruning, and reports a forged one', async () => {
    for (let index = 0; index < 10; index++) await record({ detail: String(index) })
    const day = 86_400_000
    expect(await sweep(oldEvents(day, new Date(Date.now() - 3_600_000)))).to.equal(0)
    expect(await sweep(oldEvents(day, new Date(Date.now() + 2 * day)))).to.equal(10)
    for (let index = 0; index < 3; index++) await record()
    expect(await verifyEvents()).to.deep.equal({ checked: 3 })
    const twice = [sweep(oldEvents(day)), sweep(oldEvents(day, new Date(Date.now() - day)))]
    expect(await Promise.all(twice)).to.deep.equal([0, 0])
    await write((transaction) => EventEnd.update({ eventId: 5 }, { where: { name: 'first' }, transaction }))
    expect((await verifyEvents()).broken?.reason).to.contain('checkpoint')
  })
})

describe('a trail that somebody else has written to', () => {
  afterEach(() => inTheWay.clear())

  /** A copy of the newest row under other ids, past every rule of ours. */
  const copyTo = (...ids: number[]) =>
    write(async (transaction) => {
      const newest = await Event.findOne({ order: [['id', 'DESC']], raw: true, transaction })
      await Event.bulkCreate(
        ids.map((id) => ({ ...newest!, id })),
        { transaction },
      )
    })

  it('stops no sign-in, no user and no revocation; verify names the row, and so does /readyz', async () => {
    const root = await superuserClient()
    const { token, value } = await makePersonal(await makeUser())
    await copyTo((await Event.max<number, Event>('id')) + 1, (await Event.max<number, Event>('id')) + 3)
    const forged = await Event.max<number, Event>('id')
    expect((await verifyEvents()).problems?.map(({ id }) => id)).to.deep.equal([forged - 2, forged])
    expect((await anonymous().get('/readyz')).body.events).to.contain('nobody here wrote')

    const { body } = await root.post('/api/users').send({ username: 'ravi', password: PASSWORD })
    expect((await anonymous().post('/gettoken/').send({ username: 'ravi', password: PASSWORD })).status).to.equal(200)
    expect((await root.delete(`/api/tokens/${token.id}`)).status).to.equal(204)
    expect((await clientWithValue(value).get('/api/')).status).to.equal(401)
    expect((await root.patch(`/api/users/${body.id}`).send({ is_active: false })).status).to.equal(200)

    const { checked, problems } = await verifyEvents()
    expect(problems).to.deep.equal([
      { id: forged - 2, reason: 'the row was added' },
      { id: forged, reason: 'the row was added' },
    ])
    expect(checked).to.equal((await Event.count()) - 2)
    const { status, body: ready } = await anonymous().get('/readyz')
    expect(status).to.equal(200)
    expect(ready.events).to.contain('nobody here wrote')
  })

  it('is named at every place: before the beginning, in gaps, after the end, at the highest id', async () => {
    for (let index = 0; index < 3; index++) await record()
    await copyTo(5)
    for (let index = 0; index < 3; index++) await record()
    await write((transaction) => Event.destroy({ where: { id: 5 }, transaction }))
    expect(await verifyEvents(), 'a gap where one was').to.deep.equal({ checked: 6 })
    await copyTo(5, 0, 100, 2_147_483_647)
    const named = (await verifyEvents()).problems?.map(({ id }) => id)
    expect(named).to.deep.equal([1, 5, 100, 2_147_483_647])
    await record()
    expect((await verifyEvents()).problems?.map(({ id }) => id)).to.deep.equal(named)
  })

  for (const [what, change] of [
    ['taken away', (transaction) => EventEnd.destroy({ where: { name: 'last' }, transaction })],
    [
      'moved to an earlier row',
      async (transaction) => {
        const { id: eventId, link } = (await Event.findByPk(2, { transaction }))!
        await EventEnd.update({ eventId, link }, { where: { name: 'last' }, transaction })
      },
    ],
    [
      'moved beyond every id',
      (transaction) => EventEnd.update({ eventId: 2_147_483_647 }, { where: { name: 'last' }, transaction }),
    ],
    [
      'put back, with the rows behind it deleted',
      async (transaction) => {
        const { id: eventId, link } = (await Event.findByPk(2, { transaction }))!
        await EventEnd.update({ eventId, link }, { where: { name: 'last' }, transaction })
        await Event.destroy({ where: { id: { [Op.gt]: eventId } }, transaction })
      },
    ],
  ] as [string, (transaction: Transaction) => Promise<unknown>][])
    it(`whose end was ${what} goes on, and is never whole again`, async () => {
      for (let index = 0; index < 5; index++) await record()
      await write(change)
      expect((await verifyEvents()).broken?.reason).to.match(/^the end of the trail/)
      for (let index = 0; index < 3; index++) await record()
      const { problems } = await verifyEvents()
      expect(problems).to.have.lengthOf(1)
      expect(problems![0]!.reason).to.equal('the end of the trail was changed before this row')
    })
})

describe('pruning', () => {
  it('goes in pieces, also over rows that nobody here wrote', async function () {
    this.timeout(60_000)
    const many = Array.from({ length: 2500 }, (): [Actor, Act] => [
      TESTER,
      { action: 'user.changed', object: 'user:1', change: {} },
    ])
    await write((transaction) => Event.recordAll(many, transaction))
    const day = 86_400_000
    const statements = await statementsDuring(async () => {
      expect(await sweep(oldEvents(day, new Date(Date.now() + 2 * day)))).to.equal(2500)
    })
    expect(statements.filter((statement) => /^DELETE/.test(statement))).to.have.lengthOf(3)
    await record()
    expect(await verifyEvents()).to.deep.equal({ checked: 1 })
  })
})
