import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import sqlite3 from 'sqlite3'
import { endedIdempotencyKeys } from '../src/api/idempotency.js'
import { removeUser } from '../src/identity/access/change-user.js'
import type { User } from '../src/identity/users/user.js'
import { settings } from '../src/platform/config.js'
import { isSqlite, select, sequelize } from '../src/platform/database/connection.js'
import { sweep } from '../src/platform/database/sweep.js'
import { write } from '../src/platform/database/write-queue.js'
import { firstKeyId, markOf } from '../src/platform/keys.js'
import { Employee } from '../src/resources/employees/employee.js'
import { type Database, freshDatabase } from './databases.js'
import { oneAfterTheOther } from './meanwhile.js'
import { expectWithin, FIRST, latchkey, ServerProcess } from './process.js'
import { sql } from './sql.js'
import { clientOf, makeMany, makeUser, superuserClient, TESTER } from './support.js'

const BODY = { empid: 101, empname: 'Srinu', salary: '20000.00' }

type Client = Awaited<ReturnType<typeof clientOf>>

describe('a create with an Idempotency-Key', () => {
  let user: User
  let client: Client

  beforeEach(async () => {
    user = await makeUser()
    client = await clientOf(user)
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

  it('is of what was asked for, in whatever order and spelling it is written', async () => {
    const send = (body: string) => client.post('/api/emp_viewset').type('json').set('Idempotency-Key', 'o').send(body)
    const first = await send('{"empid": 101, "empname": "Srinu", "salary": 20000}')
    for (const again of [
      '{"salary":2e4,"empname":"Srinu","empid":101}',
      '{ "empname": "\\u0053rinu", "empid": 101.0, "salary": 20000.00 }',
    ]) {
      const { status, text } = await send(again)
      expect([again, status, text]).to.deep.equal([again, 201, first.text])
    }
    expect((await send('{"salary": 101, "empname": "Srinu", "empid": 20000}')).status).to.equal(422)
    expect((await send('{"salary": "20000", "empname": "Srinu", "empid": 101}')).status).to.equal(422)
    expect(await Employee.count()).to.equal(1)
  })

  it('is known where 0.1.0 kept it, which marked the text as it came', async () => {
    const first = await create('p')
    const fingerprint = markOf('idempotency', firstKeyId(), JSON.stringify({ salary: '1', empname: 'x', empid: 101 }))
    const { IdempotencyKey } = sequelize.models
    await write((transaction) => IdempotencyKey!.update({ fingerprint }, { where: { key: 'p' }, transaction }))
    const again = await create('p', { salary: '1', empname: 'x', empid: 101 })
    expect([again.status, again.text]).to.deep.equal([201, first.text])
    expect((await create('p', { salary: '2', empname: 'x', empid: 101 })).status).to.equal(422)
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
    await sweep(endedIdempotencyKeys)
    await create('j', { ...BODY, empid: 102 }).expect(201)
  })

  it('is remembered for almost a day', async () => {
    await create('k').expect(201)
    await age(86_340_000)
    await sweep(endedIdempotencyKeys)
    await create('k').expect(201)
  })

  it('is forgotten in pieces, however many there are', async () => {
    const columns = {
      user_id: String(user.id),
      operation_id: "'createEmployee'",
      key: "'k' || n",
      created_at: "'2020-01-01'",
    }
    await makeMany('idempotency_keys', 2500, {
      ...columns,
      fingerprint: "''",
      answer: "''",
      key_id: `'${firstKeyId()}'`,
    })
    await sweep(endedIdempotencyKeys)
    expect(await sequelize.models.IdempotencyKey!.count()).to.equal(0)
  })

  it('goes with its user', async () => {
    await create('l').expect(201)
    await (await superuserClient()).delete(`/api/users/${user.id}`).expect(204)
    expect(await sequelize.models.IdempotencyKey!.count()).to.equal(0)
  })

  it('is 401 where the user is deleted before the row is written', async () => {
    await client.get('/api/emp_viewset').expect(200)
    const [, { status, body }] = await oneAfterTheOther(
      user,
      () => removeUser(user.id, TESTER, () => {}),
      () => create('m'),
    )
    expect([status, body.detail]).to.deep.equal([401, 'User inactive or deleted.'])
    expect(await Employee.count()).to.equal(0)
  })

  if (isSqlite)
    it('is 503 while another process writes, and makes one row afterwards', async () => {
      const holder = new sqlite3.Database((settings().database as { file: string }).file)
      const run = (statement: string) => new Promise((resolve) => holder.run(statement, resolve))
      await run('BEGIN IMMEDIATE')
      const { status, headers } = await create('n')
      await run('ROLLBACK')
      await new Promise((resolve) => holder.close(resolve))
      expect([status, headers['retry-after']]).to.deep.equal([503, '2'])
      await create('n').expect(201)
      await create('n').expect(201)
      expect(await Employee.count()).to.equal(1)
    })
  else {
    it('is 409 while the first request is still running after two seconds, and makes one row afterwards', async () => {
      const first = await sequelize.transaction()
      const row = {
        userId: user.id,
        operationId: 'createEmployee',
        key: 'n',
        keyId: firstKeyId(),
        createdAt: new Date(),
      }
      await sequelize.models.IdempotencyKey!.create({ ...row, fingerprint: '', answer: '' }, { transaction: first })
      const started = performance.now()
      const { status, headers, body } = await create('n')
      const took = performance.now() - started
      await first.rollback()
      expect([status, headers['retry-after']]).to.deep.equal([409, '1'])
      expect(body.detail).to.equal('The first request with this Idempotency-Key is still running.')
      expect(took).to.be.within(1900, 4500)
      await create('n').expect(201)
      expect(await Employee.count()).to.equal(1)
    })

    it('waits for the first request, and gets its answer', async () => {
      const other = await sequelize.transaction()
      await Employee.create({ ...BODY, empname: 'not yet' }, { transaction: other })
      // The first holds its key and waits for the empid; the second waits for the key.
      const both = Promise.all([create('o'), create('o')])
      await expectWithin(1800, async () => (await waitingForLocks()) === 2)
      await other.rollback()
      const [first, second] = await both
      expect([first.status, second.status]).to.deep.equal([201, 201])
      expect(first.text).to.equal(second.text)
    })
  }
})

describe('idempotency keys', function () {
  this.timeout(60_000)
  let database: Database
  let server: ServerProcess | undefined

  beforeEach(async () => {
    database = await freshDatabase()
  })

  afterEach(async () => {
    await server?.stop('SIGKILL')
    await database.remove()
  })

  const create = (token: string) =>
    fetch(`${server!.url}/api/emp_viewset`, {
      method: 'POST',
      headers: { Authorization: `Token ${token}`, 'Content-Type': 'application/json', 'Idempotency-Key': 'a' },
      body: JSON.stringify(BODY),
    })

  if (!isSqlite)
    it('work across the workers of one address', async () => {
      server = await ServerProcess.start({ ...database.env, ...FIRST, WEB_CONCURRENCY: '2' })
      const token = await server.signIn()
      const answers = await Promise.all(Array.from({ length: 40 }, () => create(token)))
      expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 201))
      expect(await sql(database.env.DATABASE_URL!, 'SELECT empid FROM employees')).to.deep.equal([{ empid: 101 }])
    })

  it('are known after the server key was changed, and hold the old one until they end', async () => {
    const [old, fresh] = [randomBytes(32), randomBytes(32)].map((bytes) => bytes.toString('base64'))
    const before = { ...database.env, LATCHKEY_SECRET_KEY: old! }
    const after = { ...database.env, LATCHKEY_SECRET_KEY: `${fresh},${old}` }
    server = await ServerProcess.start({ ...before, ...FIRST })
    const token = await server.signIn()
    expect((await create(token)).status).to.equal(201)
    await server.stop()
    server = await ServerProcess.start(after)
    expect((await latchkey(['keys', 'rotate'], after)).stdout).to.match(/every key is still needed/)
    const rows = JSON.parse((await latchkey(['keys', 'status', '--json'], after)).stdout)
    expect(rows.map((row: { idempotency_keys: number }) => row.idempotency_keys)).to.deep.equal([1, 0])
    expect((await create(token)).status).to.equal(201)
    // The superuser's password needs the old key no longer after a sign-in.
    await server.signIn()
    await sql(database.env.DATABASE_URL!, 'DELETE FROM idempotency_keys')
    expect((await latchkey(['keys', 'rotate'], after)).stdout).to.match(/no longer needed: /)
  })
})

async function waitingForLocks(): Promise<number> {
  return (await select("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).length
}

/** As if every key had come so many milliseconds ago. */
async function age(milliseconds: number) {
  const { IdempotencyKey } = sequelize.models
  await write((transaction) =>
    IdempotencyKey!.update({ createdAt: new Date(Date.now() - milliseconds) }, { where: {}, transaction }),
  )
}
