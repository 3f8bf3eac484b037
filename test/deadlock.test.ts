import { expect } from 'chai'
import pg from 'pg'
import { decimalText } from '../src/api/values.js'
import { Token } from '../src/identity/tokens/token.js'
import { isSqlite, sequelize } from '../src/platform/database/connection.js'
import { write } from '../src/platform/database/write-queue.js'
import { Employee } from '../src/resources/employees/employee.js'
import { clientOf, clientWithValue, cookieFor, makeEmployees, makePersonal, makeUser } from './support.js'

const SELECT_WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

if (!isSqlite)
  describe('a write that PostgreSQL ends for a deadlock', () => {
    const others: pg.Client[] = []

    afterEach(() => Promise.all(others.splice(0).map((other) => other.end())))

    it('is done again, and after a second deadlock once more', async () => {
      await makeEmployees({ empid: 1 }, { empid: 2 })
      const theirs: Promise<unknown>[] = []
      const ours = write(async (transaction) => {
        const other = theirs.length < 2 ? await changing(2) : undefined
        await Employee.update({ salary: 7 }, { where: { empid: 1 }, transaction })
        if (other) {
          theirs.push(other.query("UPDATE employees SET empname = 'other' WHERE empid = 1; COMMIT"))
          while (!(await sequelize.query(SELECT_WAITING))[0].length);
        }
        await Employee.update({ salary: 7 }, { where: { empid: 2 }, transaction })
      })
      await ours
      await Promise.all(theirs)
      expect(theirs.length).to.equal(2)
      const rows = await Employee.findAll({ order: ['empid'] })
      expect(rows.map((row) => `${row.empname} ${decimalText(row.salary, 2)}`)).to.deep.equal([
        'other 7.00',
        'other 7.00',
      ])
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

    for (const [what, method, path, body] of [
      ['makes a password link', 'post', (id: number) => `/api/users/${id}/password-link`, undefined],
      ['sets a password', 'put', (id: number) => `/api/users/${id}/password`, () => ({ password: 'tea-for-2-at-4' })],
      [
        'makes a token',
        'post',
        () => '/api/tokens',
        (user: number) => ({ user, name: 'x', scopes: ['employees:read'] }),
      ],
    ] as const)
      it(`is none of a superuser who ${what} and one who changes the same user`, async () => {
        const [root, user] = [await makeUser({ isSuperuser: true }), await makeUser()]
        const client = await clientOf(root)
        // As a change of rights has it: superusers first.
        const other = await begun()
        await other.query('SELECT id FROM users WHERE id = $1 FOR UPDATE', [root.id])
        const ours = client[method](path(user.id))
          .send(body?.(user.id))
          .then(({ status }) => status)
        while (!(await sequelize.query(SELECT_WAITING))[0].length);
        await other.query('SELECT id FROM users WHERE id = $1 FOR UPDATE NOWAIT', [user.id])
        await other.query('COMMIT')
        expect(await ours).to.be.within(200, 204)
      })

    it('is none of a sign-in and a session of the same user that is asked again inside a write', async () => {
      const user = await makeUser()
      await cookieFor(user)
      await Token.update({ revokedAt: new Date() }, { where: { userId: user.id } })
      // As one that is asked again: the user first.
      const other = await begun()
      await other.query('SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE', [user.id])
      const ours = cookieFor(user)
      while (!(await sequelize.query(SELECT_WAITING))[0].length);
      await other.query('SELECT id FROM tokens WHERE user_id = $1 FOR UPDATE NOWAIT', [user.id])
      await other.query('COMMIT')
      expect(await ours).to.contain('latchkey_session=')
    })

    /** A transaction of another client that has changed the employee's row. */
    async function changing(empid: number): Promise<pg.Client> {
      const other = await begun()
      await other.query("UPDATE employees SET empname = 'other' WHERE empid = $1", [empid])
      return other
    }

    async function begun(): Promise<pg.Client> {
      const other = new pg.Client({ connectionString: process.env.DATABASE_URL })
      others.push(other)
      await other.connect()
      // The server ends the one that looks for a deadlock first.
      await other.query("SET deadlock_timeout = '10s'; BEGIN")
      return other
    }
  })
