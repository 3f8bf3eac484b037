import { expect } from 'chai'
import { Op } from 'sequelize'
import { type Bind, prepared } from '../src/platform/database/prepared-reads.js'
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
      expect([one[0]!.salaryText, other[0]!.salaryText]).to.deep.equal([`${salary}.00`, `${salary}.00`])
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

  it('give rows like those of findAll, which know what is changed and can be saved', async () => {
    await makeEmployees({ empid: 101 })
    const [row] = await prepared(Employee, byId)
    const [found] = await Employee.findAll()
    expect(Object.keys(row!)).to.have.members(Object.keys(found!))
    expect(row!.get()).to.deep.equal(found!.get())

    expect(row!.changed()).to.equal(false)
    row!.empname = 'Ravi'
    expect(row!.changed()).to.deep.equal(['empname'])
    await write((transaction) => row!.save({ transaction }))
    expect((await Employee.findByPk(101))!.empname).to.equal('Ravi')
  })

  it('are as many as there are shapes, and more than are kept', async () => {
    await makeEmployees({ empid: 101 })
    for (let count = 1; count <= 250; count++) {
      const anyOf = (bind: Bind) => ({ where: { empid: { [Op.in]: Array.from({ length: count }, () => bind(101)) } } })
      expect(await prepared(Employee, anyOf as never)).to.have.lengthOf(1)
    }
  })
})
