import { expect } from 'chai'
import { clientWith, makeEmployees } from './support.js'

describe('getEmployee', () => {
  it('answers the employee', async () => {
    await makeEmployees({ empid: 101 })
    const reader = await clientWith('employees:read')
    const { status, body } = await reader.get('/api/emp_viewset/101')
    expect(status).to.equal(200)
    expect(body).to.deep.equal({ empid: 101, empname: 'Srinu', salary: '20000.00' })
  })
})
