import { expect } from 'chai'
import { Employee } from '../src/resources/employees/employee.js'
import { clientWith, makeEmployees, superuserClient } from './support.js'

const srinu = { empid: 101, empname: 'Srinu', salary: '20000.00' }

async function writer() {
  return clientWith('employees:read', 'employees:write')
}

describe('getEmployee', () => {
  it('answers the employee and its ETag', async () => {
    await makeEmployees(srinu)
    const { status, body, headers } = await (await writer()).get('/api/emp_viewset/101')
    expect(status).to.equal(200)
    expect(body).to.deep.equal(srinu)
    expect(headers.etag).to.match(/^"[\w-]{22}"$/)
  })

  it('answers 304 to the ETag that it gave, and 200 to another', async () => {
    await makeEmployees(srinu)
    const client = await writer()
    const { headers } = await client.get('/api/emp_viewset/101')
    expect((await client.get('/api/emp_viewset/101').set('If-None-Match', headers.etag!)).status).to.equal(304)
    expect((await client.get('/api/emp_viewset/101').set('If-None-Match', '"other"')).status).to.equal(200)
  })

  for (const id of [
    'abc',
    '1.5',
    '1e3',
    '0x65',
    '007',
    '+7',
    '-0',
    '2147483648',
    '%00',
    '%zz',
    '7%2f',
    '7%3f',
    '9'.repeat(1000),
    'null',
  ])
    it(`answers 404 to the id ${id.slice(0, 20)}`, async () => {
      await makeEmployees({ empid: 7 })
      const { status, headers } = await (await writer()).get(`/api/emp_viewset/${id}`)
      expect(status).to.equal(404)
      expect(headers['content-type']).to.equal('application/problem+json')
    })

  for (const id of [0, -1, -2147483648, 2147483647])
    it(`answers 200 to the id ${id}`, async () => {
      await makeEmployees({ empid: id })
      expect((await (await writer()).get(`/api/emp_viewset/${id}`)).body.empid).to.equal(id)
    })
})

describe('an id out of range', () => {
  for (const path of ['/api/users/0', '/api/users/-5', '/api/groups/0', '/api/tokens/-1'])
    it(`${path} is 404`, async () => {
      expect((await (await superuserClient()).get(path)).status).to.equal(404)
    })
})

describe('createEmployee', () => {
  it('creates without a slash, with one, and says where', async () => {
    const client = await writer()
    const { status, body, headers } = await client.post('/api/emp_viewset').send({ ...srinu, salary: 20000 })
    expect(status).to.equal(201)
    expect(body).to.deep.equal(srinu)
    expect(headers.location).to.equal('/api/emp_viewset/101')
    expect((await client.post('/api/emp_viewset/').send({ ...srinu, empid: 102 })).status).to.equal(201)
  })

  it('answers 409 with the sentence of DRF to a taken empid', async () => {
    await makeEmployees(srinu)
    const { status, body } = await (await writer()).post('/api/emp_viewset').send(srinu)
    expect(status).to.equal(409)
    expect(body.errors).to.deep.equal({ empid: ['emp with this empid already exists.'] })
  })

  it('lets one of fifty parallel creates of one empid through', async () => {
    const client = await writer()
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.post('/api/emp_viewset').send(srinu)))
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).to.deep.equal([201, ...Array(49).fill(409)])
    expect(await Employee.count()).to.equal(1)
  })

  it('lets fifty parallel creates of different empids through', async () => {
    const client = await writer()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, empid) => client.post('/api/emp_viewset').send({ ...srinu, empid })),
    )
    expect(answers.map(({ status }) => status)).to.deep.equal(Array(50).fill(201))
    expect(await Employee.count()).to.equal(50)
  })

  it('trims the name', async () => {
    const { body } = await (await writer()).post('/api/emp_viewset').send({ ...srinu, empname: '  Srinu\t' })
    expect(body.empname).to.equal('Srinu')
  })

  for (const [sent, kept] of [
    ['0', '0.00'],
    ['-0', '0.00'],
    [0.1, '0.10'],
    ['12345678.99', '12345678.99'],
    [-5, '-5.00'],
    ['007', '7.00'],
    [1e2, '100.00'],
  ] as const)
    it(`keeps the salary ${JSON.stringify(sent)} as ${kept}`, async () => {
      const client = await writer()
      expect((await client.post('/api/emp_viewset').send({ ...srinu, salary: sent })).body.salary).to.equal(kept)
      expect((await client.get('/api/emp_viewset/101')).body.salary).to.equal(kept)
    })

  const bad: [field: string, value: unknown][] = [
    ['salary', '1.234'],
    ['salary', 1.234],
    ['salary', '123456789'],
    ['salary', 123456789],
    ['salary', '1e3'],
    ['salary', 'NaN'],
    ['salary', ' 1'],
    ['salary', ''],
    ['salary', '1,5'],
    ['salary', '+1'],
    ['salary', '.5'],
    ['salary', true],
    ['salary', [5]],
    ['salary', { a: 1 }],
    ['salary', null],
    ['empid', '101'],
    ['empid', 1.5],
    ['empid', 2147483648],
    ['empid', -2147483649],
    ['empid', true],
    ['empid', null],
    ['empid', [1]],
    ['empname', ''],
    ['empname', '   '],
    ['empname', 'x'.repeat(21)],
    ['empname', 5],
    ['empname', null],
    ['empname', ['a']],
    ['empname', 'a\0b'],
    ['empname', '\ud800'],
  ]
  for (const [field, value] of bad)
    it(`refuses ${field} ${JSON.stringify(value)}, naming it alone`, async () => {
      const { status, body } = await (await writer()).post('/api/emp_viewset').send({ ...srinu, [field]: value })
      expect(status).to.equal(400)
      expect(Object.keys(body.errors)).to.deep.equal([field])
      expect(await Employee.count()).to.equal(0)
    })

  it('tells everything that is wrong at once, and repeats no value', async () => {
    const { body, text } = await (await writer())
      .post('/api/emp_viewset')
      .send({ empname: 5, salary: 'hunter2', extra: 'hunter2' })
    expect(body.errors).to.have.all.keys('empid', 'empname', 'salary', 'extra')
    expect(text).not.to.contain('hunter2')
  })

  it('keeps text as it came', async () => {
    const client = await writer()
    for (const [empid, empname] of [
      '<b>&"\'</b>',
      'नारायण Ñ 漢字',
      'a\nb\tc',
      '=1+1',
      '{{7*7}}',
      '😀'.repeat(10),
    ].entries()) {
      expect((await client.post('/api/emp_viewset').send({ ...srinu, empid, empname })).body.empname).to.equal(empname)
      expect((await client.get(`/api/emp_viewset/${empid}`)).body.empname).to.equal(empname)
    }
  })
})

describe('replaceEmployee', () => {
  it('sets every field', async () => {
    await makeEmployees(srinu)
    const { status, body } = await (await writer())
      .put('/api/emp_viewset/101/')
      .send({ empid: 101, empname: 'Srinivas', salary: '21000.50' })
    expect(status).to.equal(200)
    expect(body).to.deep.equal({ empid: 101, empname: 'Srinivas', salary: '21000.50' })
  })

  it('needs every field', async () => {
    await makeEmployees(srinu)
    const { status, body } = await (await writer()).put('/api/emp_viewset/101').send({ empname: 'Only' })
    expect(status).to.equal(400)
    expect(body.errors).to.have.all.keys('empid', 'salary')
  })

  it('refuses another empid and makes no row', async () => {
    await makeEmployees(srinu)
    const { status, body } = await (await writer()).put('/api/emp_viewset/101').send({ ...srinu, empid: 777 })
    expect(status).to.equal(400)
    expect(body.errors).to.have.all.keys('empid')
    expect(await Employee.count()).to.equal(1)
  })

  it('never creates', async () => {
    const { status } = await (await writer()).put('/api/emp_viewset/101').send(srinu)
    expect(status).to.equal(404)
    expect(await Employee.count()).to.equal(0)
  })
})

describe('updateEmployee', () => {
  it('sets what is given and leaves the rest', async () => {
    await makeEmployees(srinu)
    const { status, body } = await (await writer()).patch('/api/emp_viewset/101').send({ salary: 1 })
    expect(status).to.equal(200)
    expect(body).to.deep.equal({ ...srinu, salary: '1.00' })
  })

  it('sets nothing when nothing is given', async () => {
    await makeEmployees(srinu)
    expect((await (await writer()).patch('/api/emp_viewset/101').send({})).body).to.deep.equal(srinu)
  })

  for (const [field, value] of [
    ['salary', '1.234'],
    ['empid', 102],
    ['empid', 101.5],
    ['empname', ''],
    ['empname', null],
    ['empname', 'x'.repeat(21)],
  ] as const)
    it(`holds ${field} ${JSON.stringify(value)} to the same rules`, async () => {
      await makeEmployees(srinu)
      const { status, body } = await (await writer()).patch('/api/emp_viewset/101').send({ [field]: value })
      expect(status).to.equal(400)
      expect(body.errors).to.have.all.keys(field)
    })

  it('answers 412 to a stale ETag and changes nothing', async () => {
    await makeEmployees(srinu)
    const client = await writer()
    const { status } = await client.patch('/api/emp_viewset/101').set('If-Match', '"stale"').send({ salary: 1 })
    expect(status).to.equal(412)
    expect((await client.get('/api/emp_viewset/101')).body).to.deep.equal(srinu)
  })

  it('takes the ETag of a read, one of a list, and any', async () => {
    await makeEmployees(srinu)
    const client = await writer()
    const tag = (await client.get('/api/emp_viewset/101')).headers.etag!
    expect(
      (await client.patch('/api/emp_viewset/101').set('If-Match', `"a", ${tag}`).send({ salary: 1 })).status,
    ).to.equal(200)
    expect((await client.patch('/api/emp_viewset/101').set('If-Match', '*').send({ salary: 2 })).status).to.equal(200)
    expect((await client.patch('/api/emp_viewset/101').set('If-Match', tag).send({ salary: 3 })).status).to.equal(412)
  })

  for (const [who, made] of Object.entries({
    nginx: (tag: string) => `W/${tag}`,
    Apache: (tag: string) => tag.replace(/"$/, '-gzip"'),
    Jetty: (tag: string) => tag.replace(/"$/, '--gzip"'),
    'brotli of Apache': (tag: string) => tag.replace(/"$/, '-br"'),
    'two of them': (tag: string) => `W/${tag.replace(/"$/, '-gzip"')}`,
  }))
    it(`takes what ${who} makes of its tag for the tag, and not of another one`, async () => {
      await makeEmployees({ empid: 101 })
      const client = await writer()
      const tag = (await client.get('/api/emp_viewset/101')).headers.etag!
      const send = (salary: number, sent: string) =>
        client.patch('/api/emp_viewset/101').set('If-Match', made(sent)).send({ salary })
      expect((await send(1, tag)).status).to.equal(200)
      expect((await send(2, tag)).status).to.equal(412)
    })

  it('answers the new ETag', async () => {
    await makeEmployees(srinu)
    const client = await writer()
    const { headers } = await client.patch('/api/emp_viewset/101').send({ salary: 1 })
    expect((await client.get('/api/emp_viewset/101')).headers.etag).to.equal(headers.etag)
  })

  it('lets one of fifty parallel updates with one ETag through', async () => {
    await makeEmployees(srinu)
    const client = await writer()
    const tag = (await client.get('/api/emp_viewset/101')).headers.etag!
    const send = (salary: number) => client.patch('/api/emp_viewset/101').set('If-Match', tag).send({ salary })
    const answers = await Promise.all(Array.from({ length: 50 }, (_, salary) => send(salary)))
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, ...Array(49).fill(412)])
  })
})

describe('deleteEmployee', () => {
  it('deletes once', async () => {
    await makeEmployees(srinu)
    const client = await writer()
    const { status, text } = await client.delete('/api/emp_viewset/101/')
    expect(status).to.equal(204)
    expect(text).to.equal('')
    expect((await client.delete('/api/emp_viewset/101/')).status).to.equal(404)
    expect((await client.get('/api/emp_viewset/101')).status).to.equal(404)
  })

  it('answers 412 to a stale ETag and deletes nothing', async () => {
    await makeEmployees(srinu)
    const { status } = await (await writer()).delete('/api/emp_viewset/101').set('If-Match', '"stale"')
    expect(status).to.equal(412)
    expect(await Employee.count()).to.equal(1)
  })
})
