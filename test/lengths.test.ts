import { expect } from 'chai'
import { clientWith, superuserClient } from './support.js'

/** Outside the Basic Multilingual Plane, so JavaScript counts each twice. */
const KANJI = '\u{20BB7}'

describe('a length', () => {
  it('counts characters in a body, up to the last', async () => {
    const client = await clientWith('employees:write')
    for (const [count, status] of [
      [11, 201],
      [20, 201],
      [21, 400],
    ] as const) {
      const answer = await client
        .post('/api/emp_viewset')
        .send({ empid: count, empname: KANJI.repeat(count), salary: '1' })
      expect([count, answer.status]).to.deep.equal([count, status])
    }
    const { body } = await client.patch('/api/emp_viewset/11').send({ empname: KANJI.repeat(20) })
    expect(body.empname).to.equal(KANJI.repeat(20))
  })

  it('counts characters in a query', async () => {
    const client = await superuserClient()
    const find = (count: number) => client.get(`/api/emp_viewset?empname=${encodeURIComponent(KANJI.repeat(count))}`)
    expect([(await find(20)).status, (await find(21)).status]).to.deep.equal([200, 400])
    const search = (count: number) => client.get(`/api/users?search=${encodeURIComponent(KANJI.repeat(count))}`)
    expect([(await search(200)).status, (await search(201)).status]).to.deep.equal([200, 400])
  })

  it('counts characters of names that the model measures too', async () => {
    const client = await superuserClient()
    const add = (path: string, body: object) => client.post(path).send(body)
    expect((await add('/api/users', { username: KANJI.repeat(150) })).status).to.equal(201)
    expect((await add('/api/users', { username: KANJI.repeat(151) })).body.errors).to.have.all.keys('username')
    expect((await add('/api/groups', { name: KANJI.repeat(150), scopes: [] })).status).to.equal(201)
    expect((await add('/api/tokens', { name: KANJI.repeat(100), scopes: ['users:read'] })).status).to.equal(201)
    const email = `${KANJI.repeat(240)}@example.com`
    expect((await add('/api/users', { username: 'a', email })).status).to.equal(201)
    expect((await add('/api/users', { username: 'b', email: `xxx${email}` })).body.errors).to.have.all.keys('email')
  })

  it('is measured as what is kept: without spaces around it, in one normal form', async () => {
    const client = await superuserClient()
    const add = (path: string, body: object) => client.post(path).send(body)
    const employee = { empid: 1, empname: `${' '.repeat(30)}Srinu${' '.repeat(30)}`, salary: '1' }
    expect((await add('/api/emp_viewset', employee)).body.empname).to.equal('Srinu')
    expect((await add('/api/emp_viewset', { ...employee, empname: ' \t\n' })).body.errors).to.deep.equal({
      empname: ['This field may not be blank.'],
    })
    const decomposed = (count: number) => 'e\u0301'.repeat(count)
    for (const [path, member, most, rest] of [
      ['/api/emp_viewset', 'empname', 20, { empid: 2, salary: '1' }],
      ['/api/users', 'username', 150, {}],
      ['/api/groups', 'name', 150, { scopes: [] }],
      ['/api/tokens', 'name', 100, { scopes: ['users:read'] }],
    ] as const) {
      const beyond = await add(path, { ...rest, [member]: decomposed(most + 1) })
      expect([path, beyond.status, Object.keys(beyond.body.errors)]).to.deep.equal([path, 400, [member]])
      const made = await add(path, { ...rest, [member]: decomposed(most) })
      expect([path, made.status, made.body[member]]).to.deep.equal([path, 201, '\u00e9'.repeat(most)])
    }
    for (const query of ['emp_viewset?empname', 'emp_viewset?empname_contains', 'emp_viewset?search'])
      expect((await client.get(`/api/${query}=${encodeURIComponent(decomposed(20))}`)).body, query).to.have.lengthOf(1)
  })

  it('is measured against the minimum likewise, and told in the sentence of DRF', async () => {
    const client = await superuserClient()
    const add = async (password: string) =>
      (await client.post('/api/users').send({ username: `user${Math.random()}`, password })).status
    // 8 characters are asked for: 4 that JavaScript counts twice are not enough.
    expect([await add(KANJI.repeat(4)), await add('\u{20BB7}\u{2000B}\u{2123D}\u{2131B}ab1!')]).to.deep.equal([
      400, 201,
    ])
    const { body } = await client.post('/api/emp_viewset').send({ empid: 1, empname: KANJI.repeat(21), salary: '1' })
    expect(body.errors).to.deep.equal({ empname: ['Ensure this field has no more than 20 characters.'] })
  })
})
