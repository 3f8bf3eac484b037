import { expect } from 'chai'
import { Employee } from '../src/resources/employees/employee.js'
import { clientWith, makeEmployees, raw } from './support.js'

const PATH = '/api/emp_viewset/bulk'
const MEGABYTE = 1024 * 1024

const row = (empid: number) => ({ empid, empname: 'Srinu', salary: '20000.00' })
const rows = (count: number) => Array.from({ length: count }, (_, index) => row(index + 1))

function writer() {
  return clientWith('employees:read', 'employees:write')
}

describe('bulkCreateEmployees', () => {
  it('makes a thousand rows and responds with them in their order', async () => {
    const { status, body } = await (await writer()).post(PATH).send(rows(1000))
    expect([status, body]).to.deep.equal([201, rows(1000)])
    expect(await Employee.count()).to.equal(1000)
  })

  it('makes none of 1,001', async () => {
    const { status } = await (await writer()).post(PATH).send(rows(1001))
    expect([status, await Employee.count()]).to.deep.equal([400, 0])
  })

  const wrong: Record<string, [body: unknown, status: number, errors: string[]]> = {
    'a row of another type': [[row(1), { ...row(2), empid: 'x' }], 400, ['1.empid']],
    'a row with an unknown field': [[row(1), { ...row(2), more: 1 }], 400, ['1.more']],
    'a decimal too many': [[{ ...row(1), salary: 1.234 }, row(2)], 400, ['0.salary']],
    'a name of spaces': [[row(1), row(2), { ...row(3), empname: ' ' }], 400, ['2.empname']],
    'a row that is no object': [[row(1), 5], 400, ['1']],
    'an empid that is there': [[row(1), row(7)], 409, ['1.empid']],
    'an empid given twice': [[row(1), row(2), row(1)], 409, ['2.empid']],
    'no list': [row(1), 400, ['non_field_errors']],
  }
  for (const [what, [body, status, errors]] of Object.entries(wrong))
    for (const query of ['', '?validate=true'])
      it(`makes nothing of ${what}, and tells where it is${query && ', also when it only looks'}`, async () => {
        await makeEmployees(row(7))
        const response = await (await writer()).post(PATH + query).send(body as object)
        expect([response.status, Object.keys(response.body.errors)]).to.deep.equal([status, errors])
        expect(await Employee.count()).to.equal(1)
      })

  it('writes nothing when it only looks', async () => {
    const { status, text } = await (await writer()).post(`${PATH}?validate=true`).send(rows(3))
    expect([status, text, await Employee.count()]).to.deep.equal([204, '', 0])
  })

  it('makes the rows of a repeated request once', async () => {
    const api = await writer()
    const send = () => api.post(PATH).set('Idempotency-Key', 'import-1').send(rows(3))
    const first = await send()
    const second = await send()
    expect([first.status, second.status, second.body]).to.deep.equal([201, 201, first.body])
    expect(await Employee.count()).to.equal(3)
  })

  it('takes 1 MB, and no more', async () => {
    const api = await writer()
    const text = JSON.stringify(rows(1000))
    const send = (bytes: number) => api.post(PATH).type('json').send(text.padEnd(bytes, ' '))
    expect((await send(MEGABYTE)).status).to.equal(201)
    const { status, body } = await send(MEGABYTE + 1)
    expect([status, body.detail]).to.deep.equal([413, 'The body is larger than 1024 kB.'])
  })

  it('reads nothing of a stranger', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': String(MEGABYTE) }
    const { status } = await raw('POST', PATH, { headers: { ...headers, expect: '100-continue' } })
    expect(status).to.equal(401)
  })
})
