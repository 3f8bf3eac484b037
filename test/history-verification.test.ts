import { expect } from 'chai'
import type { Attributes, WhereOptions } from 'sequelize'
import { Change } from '../src/api/change.js'
import { oldEvents } from '../src/audit/chain.js'
import { eraseHistory, oldHistory, verifyHistory } from '../src/audit/history.js'
import { sweep } from '../src/platform/database/sweep.js'
import { write } from '../src/platform/database/write-queue.js'
import { superuserClient, TESTER } from './support.js'

const DAY = 86_400_000

function tamper(values: Partial<Attributes<Change>>, where: WhereOptions) {
  return write((transaction) => Change.update(values, { where, transaction }))
}

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
    await sweep(oldEvents(DAY, new Date(Date.now() + DAY + 60_000)))
    expect(await sweep(oldHistory(DAY, new Date(Date.now() + DAY + 60_000)))).to.equal(0)
    expect(await sweep(oldHistory(DAY, new Date(Date.now() + DAY + 3_660_000)))).to.be.greaterThan(0)
    expect(await Change.count()).to.equal(0)
    expect((await verifyHistory()).problems).to.deep.equal([])
  })
})
