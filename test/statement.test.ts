import { expect } from 'chai'
import { Op } from 'sequelize'
import { decimalText } from '../src/api/values.js'
import { User } from '../src/identity/users/user.js'
import { type Bind, prepared, preparedByKey } from '../src/platform/database/prepared-reads.js'
import { write } from '../src/platform/database/write-queue.js'
import { Employee } from '../src/resources/employees/employee.js'
import { clientOf, makeEmployees, makeUser } from './support.js'

/** Two statements that are prepared each for itself. */
const byId = (bind: Bind) => ({ where: { empid: { [Op.eq]: bind(101) } } })
const byName = (bind: Bind) => ({ where: { empname: { [Op.eq]: bind('Srinu') } } })

describe('prepared statements', () => {
  it('see what another connection has committed, each of them and each time', async () => {
    await makeEmployees({ empid: 101 })
    for (let salary = 1; salary <= 20; salary++) {
      await write((transaction) => Employee.update({ salary }, { where: { empid: 101 }, transaction }))
      const [one, other] = await Promise.all([prepared(Employee, byId), prepared(Employee, byName)])
      expect([decimalText(one[0]!.salary, 2), decimalText(other[0]!.salary, 2)]).to.deep.equal([
        `${salary}.00`,
        `${salary}.00`,
      ])
    }
  })

  it('take values as values, whatever is in them', async () => {
    const client = await clientOf(await makeUser())
    for (const [index, empname] of ["'", '$1', '?', ':a', '\\', "';--", '%', '"'].entries()) {
      await makeEmployees({ empid: index, empname })
      const { body } = await client.get('/api/emp_viewset').query({ empname })
      expect(body.map((row: { empid: number }) => row.empid)).to.deep.equal([index])
      const { body: found } = await client.get('/api/emp_viewset').query({ empname_contains: empname, count: true })
      expect(found.map((row: { empname: string }) => row.empname)).to.include(empname)
    }
  })

  it('give the attributes that findAll gives, times and truth values too', async () => {
    await makeEmployees({ empid: 101 })
    const { id } = await makeUser()
    expect(await prepared(Employee, byId)).to.deep.equal(await Employee.findAll({ raw: true }))
    expect(await preparedByKey(User, id)).to.deep.equal((await User.findByPk(id))!.get())
  })

  it('are as many as there are shapes, and more than are kept', async () => {
    await makeEmployees({ empid: 101 })
    for (let count = 1; count <= 250; count++) {
      const anyOf = (bind: Bind) => ({ where: { empid: { [Op.in]: Array.from({ length: count }, () => bind(101)) } } })
      expect(await prepared(Employee, anyOf as never)).to.have.lengthOf(1)
    }
  })
})
