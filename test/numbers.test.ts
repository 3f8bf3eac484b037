import { expect } from 'chai'
import { Employee } from '../src/resources/employees/employee.js'
import { accountOf, clientWith, makeUser, raw, superuserClient } from './support.js'

async function send(path: string, body: string) {
  const authorization = `Token ${await accountOf(await makeUser({ isSuperuser: true }))}`
  const { status, text } = await raw('POST', path, {
    headers: { authorization, 'content-type': 'application/json' },
    body,
  })
  return { status, body: JSON.parse(text) }
}

/** A client that writes numbers as text would lose nothing; `JSON.stringify` cannot write these. */
const create = (empid: string, salary: string) =>
  send('/api/emp_viewset', `{"empid": ${empid}, "empname": "x", "salary": ${salary}}`)

describe('a JSON number', () => {
  for (const salary of [
    '1e-400',
    '-1e-400',
    '20000.0000000000000001',
    '20000.00999999999999999999999',
    '99999999.990000000000000001',
    '0.1000000000000000055511151231257827',
    '1e400',
    `0.${'0'.repeat(400)}1`,
    `1${'0'.repeat(400)}`,
    `${'0.'.padEnd(30_000, '0')}1`,
  ])
    it(`is refused as a salary where it would be rounded: ${salary.slice(0, 40)}`, async () => {
      const { status, body } = await create('1', salary)
      expect([status, Object.keys(body.errors)]).to.deep.equal([400, ['salary']])
      expect(await Employee.count()).to.equal(0)
    })

  for (const [salary, kept] of [
    ['2e4', '20000.00'],
    ['2E4', '20000.00'],
    ['2e+4', '20000.00'],
    ['20000.0', '20000.00'],
    ['20000.10000000000000000000000', '20000.10'],
    ['2000010e-2', '20000.10'],
    ['0.1', '0.10'],
    ['-0', '0.00'],
    ['-0.0e-9', '0.00'],
    ['99999999.99', '99999999.99'],
    ['-99999999.99', '-99999999.99'],
  ] as const)
    it(`is kept to the digit: ${salary} is ${kept}`, async () => {
      expect((await create('1', salary)).body.salary).to.equal(kept)
    })

  for (const [empid, status] of [
    ['1.0000000000000000001', 400],
    ['2147483647.00000001', 400],
    ['2147483646.99999999999999999', 400],
    ['1e-400', 400],
    ['9007199254740993', 400],
    ['101.0', 201],
    ['1.01e2', 201],
  ] as const)
    it(`is ${status} as an empid: ${empid}`, async () => {
      const answer = await create(empid, '"1"')
      expect(answer.status).to.equal(status)
      if (status === 400) expect(answer.body.errors).to.have.all.keys('empid')
    })

  it('is held to its text at any depth, and named by its path', async () => {
    const { status, body } = await send(
      '/api/tokens',
      '{"name": "x", "scopes": ["users:read"], "rate_limit": {"requests": 9.0000000000000001, "seconds": 60}}',
    )
    expect([status, Object.keys(body.errors)]).to.deep.equal([400, ['rate_limit.requests']])
  })
})

describe('a number in a query', () => {
  it('is refused where it would be rounded', async () => {
    const client = await clientWith('employees:read')
    for (const field of ['salary', 'salary_min', 'salary_max'])
      for (const text of ['1e-400', '20000.0000000000000001', '0.1000000000000000055511151231257827']) {
        const { status, body } = await client.get(`/api/emp_viewset?${field}=${text}`)
        expect([field, text, status, Object.keys(body.errors ?? {})]).to.deep.equal([field, text, 400, [field]])
      }
  })

  it('is read in each of its spellings', async () => {
    const client = await superuserClient()
    await client.post('/api/emp_viewset').send({ empid: 1, empname: 'x', salary: '20000.10' })
    for (const text of ['20000.1', '20000.10000000000', '2000010e-2', '020000.1'])
      expect((await client.get(`/api/emp_viewset?salary=${text}`)).body).to.have.lengthOf(1)
  })
})
