import { expect } from 'chai'
import { Change } from '../src/api/change.js'
import { superuserClient } from './support.js'

describe('listChanges', () => {
  it('has a row for each change of an employee, with what was and what is', async () => {
    const root = await superuserClient()
    await root.post('/api/emp_viewset').send({ empid: 101, empname: 'Srinu', salary: '20000.00' })
    await root.patch('/api/emp_viewset/101').send({ salary: 25000 })
    await root.delete('/api/emp_viewset/101')
    const rows = await Change.findAll({ where: { resource: 'employees' }, order: ['id'] })
    expect(rows.map(({ action, object, fields }) => [action, object, JSON.parse(fields)])).to.deep.equal([
      [
        'created',
        '101',
        [
          { name: 'empid', old: null, new: 101 },
          { name: 'empname', old: null, new: 'Srinu' },
          { name: 'salary', old: null, new: '20000.00' },
        ],
      ],
      ['changed', '101', [{ name: 'salary', old: '20000.00', new: '25000.00' }]],
      [
        'deleted',
        '101',
        [
          { name: 'empid', old: 101, new: null },
          { name: 'empname', old: 'Srinu', new: null },
          { name: 'salary', old: '25000.00', new: null },
        ],
      ],
    ])
  })
})
