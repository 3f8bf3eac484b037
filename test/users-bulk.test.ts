import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import { Group } from '../src/identity/groups/group.js'
import { User } from '../src/identity/users/user.js'
import { clientOf, clientWith, makeUser, superuserClient, TESTER } from './support.js'

const PATH = '/api/users/bulk'

const rows = (count: number) => Array.from({ length: count }, (_, index) => ({ username: `user-${index + 1}` }))

describe('bulkCreateUsers', () => {
  it('makes a thousand users and responds with them in their order', async () => {
    const before = await User.count()
    const { status, body } = await (await superuserClient()).post(PATH).send(rows(1000))
    expect([status, body.map(({ username }: { username: string }) => ({ username }))]).to.deep.equal([201, rows(1000)])
    expect(await User.count()).to.equal(before + 1001)
  })

  it('makes them with what their rows say', async () => {
    await Group.add({ name: 'payroll', scopes: [] }, TESTER)
    const row = {
      username: 'ravi',
      email: 'ravi@example.com',
      is_active: false,
      is_staff: true,
      is_superuser: false,
      groups: ['payroll'],
    }
    const client = await superuserClient()
    const { body } = await client.post(PATH).send([row])
    const { body: found } = await client.get(`/api/users/${body[0].id}`)
    expect(found).to.deep.equal({ ...row, id: body[0].id, date_joined: body[0].date_joined, last_login: null })
    expect(body).to.deep.equal([found])
  })

  it('leaves one event, with their number', async () => {
    await (await superuserClient()).post(PATH).send(rows(3))
    const events = await Event.findAll({ where: { action: ['users.imported', 'user.created'] }, raw: true })
    expect(events.map(({ action, object, detail }) => [action, object, detail])).to.deep.equal([
      ['users.imported', 'import:api', '3 users'],
    ])
  })

  const wrong: Record<string, [body: unknown, status: number, errors: string[]]> = {
    'a name with a space': [[{ username: 'a' }, { username: 'b c' }], 400, ['1.username']],
    'a name and an address at once': [
      [{ username: 'b c', email: 'x\u200b@example.com' }],
      400,
      ['0.username', '0.email'],
    ],
    'a group that is not there': [[{ username: 'a', groups: ['nowhere'] }], 400, ['0.groups']],
    'a password': [[{ username: 'a', password: 'tea-for-2-at-4' }], 400, ['0.password']],
    'a truth value of text': [[{ username: 'a', is_staff: 'yes' }], 400, ['0.is_staff']],
    'a name that is there, but for case': [[{ username: 'a' }, { username: 'RAVI' }], 409, ['1.username']],
    'a name that is given twice, but for case': [[{ username: 'a' }, { username: 'A' }], 409, ['1.username']],
    'a thousand and one': [rows(1001), 400, ['non_field_errors']],
  }
  for (const [what, [body, status, errors]] of Object.entries(wrong))
    for (const query of ['', '?validate=true'])
      it(`makes nobody of ${what}, and tells where it is${query && ', also when it only looks'}`, async () => {
        await makeUser({ username: 'ravi' })
        const client = await superuserClient()
        const before = await User.count()
        const response = await client.post(PATH + query).send(body as object)
        expect([response.status, Object.keys(response.body.errors)]).to.deep.equal([status, errors])
        expect(await User.count()).to.equal(before)
      })

  it('stores nobody and leaves no event when it only looks', async () => {
    const client = await superuserClient()
    const before = await User.count()
    const { status, text } = await client.post(`${PATH}?validate=true`).send(rows(3))
    expect([
      status,
      text,
      await User.count(),
      await Event.count({ where: { action: 'users.imported' } }),
    ]).to.deep.equal([204, '', before, 0])
  })

  it('makes the users of a repeated request once, with one event', async () => {
    const client = await superuserClient()
    const before = await User.count()
    const send = () => client.post(PATH).set('Idempotency-Key', 'import-1').send(rows(3))
    const first = await send()
    const second = await send()
    expect([second.status, second.body]).to.deep.equal([201, first.body])
    expect([await User.count(), await Event.count({ where: { action: 'users.imported' } })]).to.deep.equal([
      before + 3,
      1,
    ])
  })

  it('adds plain users with users:write', async () => {
    const { status } = await (await clientWith('users:write')).post(PATH).send(rows(2))
    expect(status).to.equal(201)
  })

  for (const right of [{ is_staff: true }, { is_superuser: true }, { groups: ['payroll'] }])
    it(`gives nobody ${Object.keys(right)} for who is no superuser`, async () => {
      await Group.add({ name: 'payroll', scopes: [] }, TESTER)
      const { status } = await (await clientWith('users:write'))
        .post(PATH)
        .send([...rows(2), { username: 'x', ...right }])
      expect([status, await User.count({ where: { username: 'user-1' } })]).to.deep.equal([403, 0])
    })

  it('is closed without users:write', async () => {
    const { status } = await (await clientOf(await makeUser())).post(PATH).send(rows(2))
    expect(status).to.equal(403)
  })
})
