import { expect } from 'chai'
import { sequelize, write } from '../src/database.js'
import { Employee } from '../src/employees/employee.js'
import { pruneIdempotencyKeys } from '../src/idempotency.js'
import { clientOf, makeUser } from './support.js'

const BODY = { empid: 101, empname: 'Srinu', salary: '20000.00' }

type Client = Awaited<ReturnType<typeof clientOf>>

describe('a create with an Idempotency-Key', () => {
  let client: Client

  beforeEach(async () => {
    client = await clientOf(await makeUser())
  })

  const create = (key: string, body: object = BODY, by: Client = client) =>
    by.post('/api/emp_viewset').set('Idempotency-Key', key).send(body)

  it('answers a repetition as the first time, and makes nothing', async () => {
    const first = await create('a')
    await client.patch('/api/emp_viewset/101').send({ empname: 'Changed' }).expect(200)
    const second = await create('a')
    expect([first.status, second.status]).to.deep.equal([201, 201])
    expect(second.text).to.equal(first.text)
    expect(second.headers).to.include({ location: '/api/emp_viewset/101', etag: first.headers.etag })
    expect(await Employee.count()).to.equal(1)
  })

  it('makes one row of a hundred at once, which all get the same answer', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => create('b')))
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 201))
    expect(new Set(answers.map(({ text }) => text)).size).to.equal(1)
    expect(await Employee.count()).to.equal(1)
  })

  it('is refused for another body', async () => {
    await create('c').expect(201)
    const { status, body } = await create('c', { ...BODY, empid: 102 })
    expect([status, body.type]).to.deep.equal([422, '/docs/problems/key-reused'])
    expect(await Employee.count()).to.equal(1)
  })

  it('belongs to its user', async () => {
    await create('d').expect(201)
    const other = await clientOf(await makeUser())
    await create('d', { ...BODY, empid: 102 }, other).expect(201)
  })

  it('keeps nothing of a create that failed', async () => {
    await create('e', { ...BODY, salary: 'lots' }).expect(400)
    await create('e').expect(201)
    await create('f').expect(409)
    await client.delete('/api/emp_viewset/101').expect(204)
    await create('f').expect(201)
  })

  it('needs a token that may create, also for a repetition', async () => {
    await create('g').expect(201)
    const anonymous = await client
      .post('/api/emp_viewset')
      .set({ 'Idempotency-Key': 'g', Authorization: '' })
      .send(BODY)
    expect(anonymous.status).to.equal(401)
  })

  it('may be written as a quoted string', async () => {
    await create('"h"').expect(201)
    await create('h').expect(201)
  })

  for (const [what, key] of Object.entries({ empty: '""', long: 'x'.repeat(256), 'not visible': 'a b' }))
    it(`is refused when it is ${what}`, async () => {
      const { status, body } = await create(key)
      expect([status, Object.keys(body.errors)]).to.deep.equal([400, ['Idempotency-Key']])
    })

  it('is refused where the operation takes none', async () => {
    const { status, body } = await client.get('/api/emp_viewset').set('Idempotency-Key', 'i')
    expect([status, Object.keys(body.errors)]).to.deep.equal([400, ['Idempotency-Key']])
  })

  it('is forgotten after a day', async () => {
    await create('j').expect(201)
    await age(86_400_000)
    await create('j').expect(409)
    await pruneIdempotencyKeys()
    await create('j', { ...BODY, empid: 102 }).expect(201)
  })

  it('is remembered for almost a day', async () => {
    await create('k').expect(201)
    await age(86_340_000)
    await pruneIdempotencyKeys()
    await create('k').expect(201)
  })
})

/** As if every key had come so many milliseconds ago. */
async function age(milliseconds: number) {
  const { IdempotencyKey } = sequelize.models
  await write((transaction) =>
    IdempotencyKey!.update({ createdAt: new Date(Date.now() - milliseconds) }, { where: {}, transaction }),
  )
}
