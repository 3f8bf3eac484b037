import { expect } from 'chai'
import { takenScopes } from '../src/identity/scopes/taken-scopes.js'
import { sequelize } from '../src/platform/database/connection.js'
import { migrate } from '../src/platform/database/migrate.js'
import { write } from '../src/platform/database/write-queue.js'
import { anonymous, clientOf, makeEmployees, makeUser, PASSWORD, superuserClient } from './support.js'

/** The same names, composed and decomposed. */
const COMPOSED = 'jos\u00e9'
const DECOMPOSED = 'jose\u0301'

describe('a name in another normal form', () => {
  it('signs in with the very bytes that made it, and with the others', async () => {
    const root = await superuserClient()
    await root.post('/api/users').send({ username: DECOMPOSED, password: PASSWORD }).expect(201)
    for (const username of [DECOMPOSED, COMPOSED, ` ${DECOMPOSED} `])
      expect((await anonymous().post('/gettoken/').send({ username, password: PASSWORD })).status).to.equal(200)
  })

  it('finds users by filter and by search', async () => {
    const root = await superuserClient()
    const { body: made } = await root
      .post('/api/users')
      .send({ username: DECOMPOSED, email: `${DECOMPOSED}@example.com` })
      .expect(201)
    expect(made).to.include({ username: COMPOSED, email: `${COMPOSED}@example.com` })
    for (const name of [DECOMPOSED, COMPOSED])
      for (const field of ['username', 'username_contains', 'search']) {
        const { body } = await root.get(`/api/users?${field}=${encodeURIComponent(name)}`)
        expect(
          body.map(({ id }: { id: number }) => id),
          field,
        ).to.deep.equal([made.id])
      }
  })

  it('finds groups, tokens and employees, and puts users into groups', async () => {
    const root = await superuserClient()
    await root.post('/api/groups').send({ name: DECOMPOSED, scopes: [] }).expect(201)
    await root
      .post('/api/tokens')
      .send({ name: DECOMPOSED, scopes: ['users:read'] })
      .expect(201)
    const employee = { empid: 1, empname: DECOMPOSED, salary: '1' }
    expect((await root.post('/api/emp_viewset').send(employee)).body.empname).to.equal(COMPOSED)
    for (const query of [
      '/api/groups?name=',
      '/api/groups?search=',
      '/api/tokens?name_contains=',
      '/api/tokens?search=',
      '/api/emp_viewset?empname=',
      '/api/emp_viewset?empname_contains=',
      '/api/emp_viewset?search=',
    ])
      expect((await root.get(query + encodeURIComponent(DECOMPOSED))).body, query).to.have.lengthOf(1)
    const { body } = await root.post('/api/users').send({ username: 'ravi', groups: [DECOMPOSED] })
    expect(body.groups).to.deep.equal([COMPOSED])
  })

  it('is kept in one form also where it is changed', async () => {
    const root = await superuserClient()
    await makeEmployees({ empid: 1 })
    const changed = await root.patch('/api/emp_viewset/1').send({ empname: DECOMPOSED })
    expect(changed.body.empname).to.equal(COMPOSED)
    const { id } = await makeUser()
    expect((await root.patch(`/api/users/${id}`).send({ username: DECOMPOSED })).body.username).to.equal(COMPOSED)
  })

  it('is measured in the form that is kept', async () => {
    const root = await superuserClient()
    // U+0958 is two characters in its normal form.
    const { status, body } = await root
      .post('/api/emp_viewset')
      .send({ empid: 1, empname: '\u0958'.repeat(20), salary: '1' })
    expect([status, Object.keys(body.errors)]).to.deep.equal([400, ['empname']])
    expect(
      (await root.post('/api/emp_viewset').send({ empid: 1, empname: '\u0958'.repeat(10), salary: '1' })).status,
    ).to.equal(201)
  })

  it('that 0.1.0 kept as it came is found after the upgrade', async () => {
    await makeEmployees(
      { empid: -5, empname: DECOMPOSED },
      { empid: 1, empname: '\u0958'.repeat(20) },
      ...Array.from({ length: 1001 }, (_, index) => ({ empid: index + 2 })),
      { empid: 2000, empname: DECOMPOSED },
    )
    await write((transaction) => sequelize.query("DELETE FROM migrations WHERE name = '0021-names'", { transaction }))
    expect((await migrate('refuse', takenScopes)).applied).to.deep.equal(['0021-names'])
    const client = await clientOf(await makeUser())
    const { body } = await client.get(`/api/emp_viewset?empname=${encodeURIComponent(COMPOSED)}`)
    expect(body.map(({ empid }: { empid: number }) => empid)).to.deep.equal([-5, 2000])
  })
})

/** Nothing of these is seen, or they move what is. */
const UNSEEN = [
  '\ufe0f',
  '\u3164',
  '\u034f',
  '\u115f',
  '\u200b',
  '\u200d',
  '\u202e',
  '\u2066',
  '\u00ad',
  '\ufeff',
  '\u{e0041}',
  '\u{e0100}',
  '\u180e',
  '\u2060',
  '\u001b',
  '\u0007',
  '\u0085',
  '\r\n',
  '\t',
  '\u2028',
  '\u00a0',
  '\u1680',
  '\u2003',
  '\u202f',
  '\u2800',
  '\u0378',
  '\ue000',
  '\ufffe',
  '\u{1d159}',
]

describe('a name that people compare by eye', () => {
  for (const unseen of UNSEEN) {
    const code = [...unseen]
      .map((character) => `U+${character.codePointAt(0)!.toString(16).padStart(4, '0')}`)
      .join(' ')
    it(`holds no ${code}`, async () => {
      const root = await superuserClient()
      const name = `Srini${unseen}vas`
      const user = await root.post('/api/users').send({ username: name })
      const group = await root.post('/api/groups').send({ name, scopes: [] })
      const token = await root.post('/api/tokens').send({ name, scopes: ['users:read'] })
      expect([user, group, token].map(({ status }) => status)).to.deep.equal([400, 400, 400])
      expect(Object.keys({ ...user.body.errors, ...group.body.errors, ...token.body.errors })).to.have.members([
        'username',
        'name',
      ])
      const { id } = await makeUser()
      expect((await root.patch(`/api/users/${id}`).send({ username: name })).body.errors).to.have.all.keys('username')
    })
  }

  it('may be of any script, with marks and spaces', async () => {
    const root = await superuserClient()
    for (const name of ['श्रीनिवास', 'Nguyễn', '田中', 'ישראל', 'محمد', 'สมชาย'])
      expect((await root.post('/api/users').send({ username: name })).status, name).to.equal(201)
    for (const name of ['nightly report', 'Löhne & Gehälter', 'बिक्री', '給与\u3000部'])
      expect((await root.post('/api/groups').send({ name, scopes: [] })).status, name).to.equal(201)
  })

  it('is not that of the built-in group but for its letters', async () => {
    const root = await superuserClient()
    for (const name of ['Everyone', 'EVERYONE', '\uff45veryone', 'every\u{1d428}ne'])
      expect((await root.post('/api/groups').send({ name, scopes: [] })).body.errors, name).to.have.all.keys('name')
    expect((await root.post('/api/groups').send({ name: 'everyone else', scopes: [] })).status).to.equal(201)
  })

  it('stays where it was taken before the rule, as long as nobody gives another one', async () => {
    const root = await superuserClient()
    const { id } = await makeUser()
    const { body: group } = await root.post('/api/groups').send({ name: 'payroll', scopes: [] })
    await write(async (transaction) => {
      await sequelize.query('UPDATE users SET username = $name WHERE id = $id', {
        bind: { name: 'Srini\u3164vas', id },
        transaction,
      })
      await sequelize.query('UPDATE groups SET name = $name WHERE id = $id', {
        bind: { name: 'pay\u200broll', id: group.id },
        transaction,
      })
    })
    const { body: user } = await root.get(`/api/users/${id}`)
    const { id: _id, date_joined: _joined, last_login: _login, ...input } = user
    expect((await root.put(`/api/users/${id}`).send({ ...input, email: 'a@b' })).status).to.equal(200)
    const changed = { name: 'pay\u200broll', scopes: ['users:read'] }
    expect((await root.put(`/api/groups/${group.id}`).send(changed)).status).to.equal(200)
    expect((await root.patch(`/api/groups/${group.id}`).send({ name: 'pay\u200brolls' })).status).to.equal(400)
  })
})
