import { expect } from 'chai'
import { type Model, type ModelStatic, QueryTypes } from 'sequelize'
import { readSettings, sequelize } from '../src/platform/database/connection.js'
import { migrate, migrationStatus } from '../src/platform/database/migrate.js'
import { write } from '../src/platform/database/write-queue.js'
import { makeEmployees, makeUser, TESTER } from './support.js'

describe('the migrations', () => {
  for (const model of Object.values(sequelize.models) as ModelStatic<Model>[])
    it(`build the table that ${model.name} describes`, async () => {
      const table = await sequelize.getQueryInterface().describeTable(model.getTableName() as string)
      expect(Object.keys(table)).to.have.members(Object.values(model.getAttributes()).map(({ field }) => field))
    })

  it('have nothing to do the second time', async () => {
    expect(await migrate('refuse')).to.deep.equal({ applied: [] })
    expect((await migrationStatus()).pending).to.deep.equal([])
  })

  it('run once when several processes start together', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => migrate('refuse')))
    expect(runs).to.deep.equal(Array(3).fill({ applied: [] }))
  })
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

  const refused: [what: string, table: string, values: Record<string, unknown>][] = [
    ['a name of 21 characters', 'employees', { empid: 1, empname: 'x'.repeat(21), salary: 1 }],
    ['an empty name', 'employees', { empid: 1, empname: '', salary: 1 }],
    ['a salary with three decimals', 'employees', { empid: 1, empname: 'x', salary: 1.234 }],
    ['a salary with nine digits', 'employees', { empid: 1, empname: 'x', salary: 100000000 }],
    ['a salary that is no number', 'employees', { empid: 1, empname: 'x', salary: 'abc' }],
    ['an empid over 32 bits', 'employees', { empid: 2 ** 31, empname: 'x', salary: 1 }],
    ['no name', 'employees', { empid: 1, salary: 1 }],
    ['a membership of nobody', 'memberships', { user_id: 999999, group_id: 999999 }],
    ['a second group of one name', 'groups', { name: 'everyone', scopes: '' }],
    ['a group without scopes', 'groups', { name: 'x' }],
    [
      'a hash that is none',
      'users',
      {
        username: 'a',
        username_folded: 'a',
        email: '',
        password_hash: 'x',
        is_active: true,
        is_staff: false,
        is_superuser: false,
        date_joined: new Date(),
      },
    ],
    [
      'a token of nobody',
      'tokens',
      { kind: 'account', user_id: 999999, name: '', digest: 'd'.repeat(64), hint: 'x', created_at: new Date() },
    ],
  ]
  for (const [what, table, values] of refused)
    it(`refuses ${what}`, async () => {
      const error = await write((transaction) =>
        sequelize.getQueryInterface().bulkInsert(table, [values], { transaction }),
      ).catch((reason: Error) => reason)
      expect(error).to.be.instanceOf(Error)
    })

  const refusedTokens: [what: string, values: Record<string, unknown>][] = [
    ['an unknown kind', { kind: 'other' }],
    ['a personal token without scopes', { kind: 'personal' }],
    ['an account token with scopes', { kind: 'account', scopes: 'employees:read' }],
    ['a short digest', { kind: 'account', digest: 'd' }],
    ['a sealed value without its key', { kind: 'account', sealed: 'x' }],
  ]
  for (const [what, values] of refusedTokens)
    it(`refuses ${what}`, async () => {
      const { id } = await makeUser()
      const row = { user_id: id, name: '', digest: 'd'.repeat(64), hint: 'x', created_at: new Date(), ...values }
      const error = await write((transaction) =>
        sequelize.getQueryInterface().bulkInsert('tokens', [row], { transaction }),
      ).catch((reason: Error) => reason)
      expect(error).to.be.instanceOf(Error)
    })

  it('keeps the largest and the smallest salary to the cent', async () => {
    await makeEmployees(
      { empid: 1, salary: '99999999.99' },
      { empid: 2, salary: '-99999999.99' },
      { empid: 3, salary: '0.01' },
    )
    const { Employee, salaryText } = await import('../src/resources/employees/employee.js')
    const rows = await Employee.findAll({ order: ['empid'] })
    expect(rows.map(salaryText)).to.deep.equal(['99999999.99', '-99999999.99', '0.01'])
  })

  it('undoes a write that fails halfway, and no other', async () => {
    const { Employee } = await import('../src/resources/employees/employee.js')
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
    const { User } = await import('../src/identity/users/user.js')
    const first = await makeUser()
    await User.remove(first.id, TESTER, () => {})
    expect((await makeUser()).id).to.be.greaterThan(first.id)
  })
})

describe('a write without its transaction', () => {
  it('fails at once on SQLite instead of waiting for its own lock', async () => {
    const { Employee } = await import('../src/resources/employees/employee.js')
    const error = await Employee.create({ empid: 1, empname: 'x', salary: 1 }).catch((reason: Error) => reason)
    if (sequelize.getDialect() === 'sqlite') expect(error).to.have.property('message').that.contains('readonly')
    else expect(error).to.be.instanceOf(Employee)
  })
})
