import { expect } from 'chai'
import { type Model, type ModelStatic, QueryTypes } from 'sequelize'
import { decimalText } from '../src/api/values.js'
import { removeUser } from '../src/identity/access/change-user.js'
import { takenScopes } from '../src/identity/scopes/taken-scopes.js'
import { readSettings, sequelize } from '../src/platform/database/connection.js'
import { migrate, migrationStatus } from '../src/platform/database/migrate.js'
import { write } from '../src/platform/database/write-queue.js'
import { Employee } from '../src/resources/employees/employee.js'
import { emptyDatabase } from './databases.js'
import { latchkey } from './process.js'
import { sql } from './sql.js'
import { makeEmployees, makeUser, TESTER } from './support.js'

describe('the migrations', () => {
  for (const model of Object.values(sequelize.models) as ModelStatic<Model>[])
    it(`build the table that ${model.name} describes`, async () => {
      const table = await sequelize.getQueryInterface().describeTable(model.getTableName() as string)
      expect(Object.keys(table)).to.have.members(Object.values(model.getAttributes()).map(({ field }) => field))
    })

  it('have nothing to do the second time', async () => {
    expect(await migrate('refuse', takenScopes)).to.deep.equal({ applied: [] })
    expect((await migrationStatus()).pending).to.deep.equal([])
  })

  it('run in one of several processes that start together', async () => {
    const { env, remove } = await emptyDatabase()
    try {
      const runs = await Promise.all([1, 2, 3].map(() => latchkey(['migrate'], env)))
      const [first, ...others] = runs.map(({ stdout, stderr }) => stdout + stderr).sort()
      expect(first).to.match(/^applied 0001-users, /)
      expect(others).to.deep.equal(['nothing to apply\n', 'nothing to apply\n'])
      expect(runs.map(({ code }) => code)).to.deep.equal([0, 0, 0])
    } finally {
      await remove()
    }
  }).timeout(60_000)

  it('tell which of them failed and why, and leave nothing of those before it', async () => {
    const { env, remove } = await emptyDatabase()
    try {
      await sql(env.DATABASE_URL, 'CREATE TABLE tokens (id INTEGER)')
      const { code, stderr } = await latchkey(['migrate'], env)
      expect(code).to.equal(1)
      expect(stderr).to.match(/^latchkey: the migration 0003-tokens failed: [^\n]*tokens[^\n]* already exists\n$/)
      expect((await latchkey(['migrate', 'status'], env)).stdout).to.match(/^applied: none\n/)
    } finally {
      await remove()
    }
  }).timeout(60_000)
})

describe('the database', () => {
  it('has the settings that durability rests on', async () => {
    const expected =
      sequelize.getDialect() === 'sqlite'
        ? { journal_mode: 'wal', synchronous: 2, foreign_keys: 1, timeout: 2000 }
        : { statement_timeout: 3000, lock_timeout: 2000, idle_in_transaction_session_timeout: 10000 }
    expect(await readSettings()).to.deep.equal(expected)
  })

  it('has them inside a transaction, which SQLite opens a connection for', async () => {
    const statement =
      sequelize.getDialect() === 'sqlite'
        ? 'PRAGMA synchronous'
        : "SELECT current_setting('lock_timeout') AS synchronous"
    const rows = await write((transaction) =>
      sequelize.query<{ synchronous: unknown }>(statement, { transaction, type: QueryTypes.SELECT }),
    )
    expect(rows[0]!.synchronous).to.be.oneOf([2, '2s'])
  })

  it('keeps the largest and the smallest salary to the cent', async () => {
    await makeEmployees(
      { empid: 1, salary: '99999999.99' },
      { empid: 2, salary: '-99999999.99' },
      { empid: 3, salary: '0.01' },
    )
    const rows = await Employee.findAll({ order: ['empid'] })
    expect(rows.map(({ salary }) => decimalText(salary, 2))).to.deep.equal(['99999999.99', '-99999999.99', '0.01'])
  })

  it('undoes a write that fails halfway, and no other', async () => {
    const good = write((transaction) => Employee.create({ empid: 1, empname: 'x', salary: 1 }, { transaction }))
    const bad = write(async (transaction) => {
      await Employee.create({ empid: 2, empname: 'x', salary: 1 }, { transaction })
      throw new Error('halfway')
    })
    const other = write((transaction) => Employee.create({ empid: 3, empname: 'x', salary: 1 }, { transaction }))
    const settled = await Promise.allSettled([good, bad, other])
    expect(settled.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled'])
    expect((await Employee.findAll({ order: ['empid'] })).map(({ empid }) => empid)).to.deep.equal([1, 3])
  })

  it('never gives a user id again', async () => {
    const first = await makeUser()
    await removeUser(first.id, TESTER, () => {})
    expect((await makeUser()).id).to.be.greaterThan(first.id)
  })
})

describe('a write without its transaction', () => {
  it('fails at once on SQLite instead of waiting for its own lock', async () => {
    const error = await Employee.create({ empid: 1, empname: 'x', salary: 1 }).catch((reason: Error) => reason)
    if (sequelize.getDialect() === 'sqlite') expect(error).to.have.property('message').that.contains('readonly')
    else expect(error).to.be.instanceOf(Employee)
  })
})
