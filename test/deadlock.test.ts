import { expect } from 'chai'
import pg from 'pg'
import { isSqlite } from '../src/platform/database/connection.js'
import { write } from '../src/platform/database/write-queue.js'
import { Employee, salaryText } from '../src/resources/employees/employee.js'
import { clientOf, clientWithValue, makeEmployees, makePersonal, makeUser } from './support.js'

if (!isSqlite)
  describe('a write that PostgreSQL ends for a deadlock', () => {
    let other: pg.Client

    beforeEach(async () => {
      other = new pg.Client({ connectionString: process.env.DATABASE_URL })
      await other.connect()
    })

    afterEach(() => other.end())

    it('is done again, once, and is done', async () => {
      await makeEmployees({ empid: 1 }, { empid: 2 })
      // The server ends the one that looks for a deadlock first.
      await other.query("SET deadlock_timeout = '10s'; BEGIN; UPDATE employees SET empname = 'other' WHERE empid = 2")
      let attempts = 0
      let theirs: Promise<unknown> | undefined
      const ours = write(async (transaction) => {
        attempts++
        await Employee.update({ salary: 7 }, { where: { empid: 1 }, transaction })
        theirs ??= other.query("UPDATE employees SET empname = 'other' WHERE empid = 1; COMMIT")
        await Employee.update({ salary: 7 }, { where: { empid: 2 }, transaction })
      })
      await Promise.all([ours, theirs])
      expect(attempts).to.equal(2)
      const rows = await Employee.findAll({ order: ['empid'] })
      expect(rows.map((row) => `${row.empname} ${salaryText(row)}`)).to.deep.equal(['other 7.00', 'other 7.00'])
    })

    it('is no failure of two tokens that revoke themselves at once', async () => {
      const user = await makeUser()
      for (let round = 0; round < 10; round++) {
        const pair = await Promise.all([1, 2].map(() => makePersonal(user, { scopes: ['tokens:write'] })))
        const answers = await Promise.all(
          pair.map(({ token, value }) => clientWithValue(value).delete(`/api/tokens/${token.id}`)),
        )
        expect(answers.map(({ status }) => status)).to.deep.equal([204, 204])
      }
      expect((await (await clientOf(user)).get('/api/')).status).to.equal(200)
    })
  })
