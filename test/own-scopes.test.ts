import { expect } from 'chai'
import { Op } from 'sequelize'
import { Event } from '../src/audit/event.js'
import { Group } from '../src/identity/groups/group.js'
import { OwnScope } from '../src/identity/scopes/own-scope.js'
import { command } from './command.js'
import {
  accountOf,
  anonymous,
  checkStatus,
  clientOf,
  clientWith,
  clientWithValue,
  makePersonal,
  makeUser,
  superuserClient,
  TESTER,
} from './support.js'

const REPORTS = { name: 'reports:read', description: 'See the reports' }

describe('createScope', () => {
  it('adds a scope that superusers have at once, and nobody else', async () => {
    const root = await makeUser({ isSuperuser: true })
    const other = await makeUser()
    const client = await clientOf(root)
    expect(await checkStatus(await accountOf(root))).to.equal(403)
    const { status, body, headers } = await client.post('/api/scopes').send(REPORTS)
    expect(status).to.equal(201)
    expect(body).to.deep.equal({ ...REPORTS, built_in: false })
    expect((await client.get(headers.location!)).body).to.deep.equal(body)
    expect([await checkStatus(await accountOf(root)), await checkStatus(await accountOf(other))]).to.deep.equal([
      200, 403,
    ])
  })

  it('opens what asks for it to the members of a group that gets it, cut down to their tokens', async () => {
    const root = await superuserClient()
    await root.post('/api/scopes').send(REPORTS)
    await root.post('/api/groups').send({ name: 'readers', scopes: ['reports:read'] })
    const client = await clientOf(await makeUser({ groups: ['readers'] }))
    const of = async (scopes: string[]) =>
      checkStatus((await client.post('/api/tokens').send({ name: 'x', scopes })).body.token)
    expect([await of(['reports:read']), await of(['employees:read'])]).to.deep.equal([200, 403])
  })

  const bad: [what: string, name: string][] = [
    ['one word', 'reports'],
    ['an empty action', 'reports:'],
    ['capitals', 'Reports:read'],
    ['a space', 'reports:read all'],
    ['three parts', 'reports:read:all'],
    ['a digit first', '1reports:read'],
    ['letters of another script', 'réports:read'],
    ['64 characters', `${'r'.repeat(64)}:read`],
    ['a line end', 'reports:read\n'],
    ['a scope of a resource', 'employees:read'],
    ['another action of a resource', 'employees:print'],
    ['the name of a part of the API', 'checks:mine'],
    ['the name of the service', 'latchkey:read'],
  ]
  for (const [what, name] of bad)
    it(`refuses ${what}, naming the name`, async () => {
      const { status, body } = await (await superuserClient()).post('/api/scopes').send({ name })
      expect(status).to.equal(400)
      expect(Object.keys(body.errors)).to.deep.equal(['name'])
    })

  it('takes names of 63 characters a part', async () => {
    const name = `${'r'.repeat(63)}:${'w'.repeat(63)}`
    expect((await (await superuserClient()).post('/api/scopes').send({ name })).status).to.equal(201)
  })

  it('refuses a description that is too long, or has what cannot be seen', async () => {
    const root = await superuserClient()
    for (const description of ['x'.repeat(201), 'a\u200bb']) {
      const { status, body } = await root.post('/api/scopes').send({ ...REPORTS, description })
      expect(status).to.equal(400)
      expect(Object.keys(body.errors)).to.deep.equal(['description'])
    }
  })

  for (const name of ['my-reports:read-all', 'my_reports:read_all'])
    it(`answers 409 to ${name} if there is my-reports:read_all`, async () => {
      const root = await superuserClient()
      await root.post('/api/scopes').send({ name: 'my-reports:read_all' })
      const { status, body } = await root.post('/api/scopes').send({ name })
      expect(status).to.equal(409)
      expect(body.errors).to.have.all.keys('name')
    })

  it('adds a hundred and no more, also at the same moment', async () => {
    const root = await superuserClient()
    for (let number = 0; number < 96; number++) await OwnScope.add({ name: `s${number}:read`, description: '' }, TESTER)
    const all = Array.from({ length: 8 }, (_, index) => root.post('/api/scopes').send({ name: `t${index}:read` }))
    const statuses = (await Promise.all(all)).map(({ status }) => status).sort()
    expect(statuses).to.deep.equal([201, 201, 201, 201, 409, 409, 409, 409])
  })

  it("keeps the scopes of one resource short enough for a check's header", async () => {
    const root = await superuserClient()
    const nameOf = (resource: string, number: number) => `${resource.padEnd(63, 'x')}:${`a${number}`.padEnd(63, 'x')}`
    const statuses: number[] = []
    for (let number = 0; number < 17; number++)
      statuses.push((await root.post('/api/scopes').send({ name: nameOf('r', number) })).status)
    expect(statuses).to.deep.equal([...Array(15).fill(201), 409, 409])
    expect((await root.post('/api/scopes').send({ name: nameOf('s', 0) })).status).to.equal(201)
  })

  it('is for superusers alone, by account token or session', async () => {
    const { value } = await makePersonal(await makeUser({ isSuperuser: true }), { scopes: ['scopes:write'] })
    for (const client of [clientWithValue(value), await clientWith('scopes:write')])
      expect((await client.post('/api/scopes').send(REPORTS)).status).to.equal(403)
  })

  it('is recorded in the trail', async () => {
    const root = await superuserClient()
    await root.post('/api/scopes').send(REPORTS)
    await root.patch('/api/scopes/reports:read').send({ description: 'Print them' })
    await root.delete('/api/scopes/reports:read')
    const where = { action: { [Op.startsWith]: 'scope.' } }
    const told = (await Event.findAll({ where, order: ['id'] })).map(({ action, object, actor }) => [
      action,
      object,
      actor,
    ])
    expect(told).to.deep.equal(
      ['scope.created', 'scope.changed', 'scope.deleted'].map((action) => [action, 'scope:reports:read', 'root']),
    )
  })
})

describe('listScopes', () => {
  it('shows built-in ones and one’s own, by name', async () => {
    const root = await superuserClient()
    await root.post('/api/scopes').send(REPORTS)
    const { body } = await root.get('/api/scopes')
    const names = body.map(({ name }: { name: string }) => name)
    expect(names).to.deep.equal([...names].sort())
    expect(body).to.deep.include({ ...REPORTS, built_in: false })
    expect(body).to.deep.include({
      name: 'groups:read',
      description: 'See groups, what each may do and how many users it has.',
      built_in: true,
    })
  })

  it('shows others than superusers and holders of scopes:read what they hold', async () => {
    const root = await superuserClient()
    await root.post('/api/scopes').send(REPORTS)
    const names = async (client: typeof root) =>
      (await client.get('/api/scopes')).body.map(({ name }: { name: string }) => name)
    const all = await names(root)
    const { value } = await makePersonal(await makeUser({ isSuperuser: true }), { scopes: ['reports:read'] })
    expect(await names(clientWithValue(value))).to.deep.equal(['reports:read'])
    expect(await names(await clientOf(await makeUser()))).to.deep.equal([
      'employees:read',
      'employees:write',
      'tokens:read',
      'tokens:write',
    ])
    expect(await names(await clientWith('scopes:read'))).to.deep.equal(all)
  })

  it('is closed without a token', async () => {
    expect((await anonymous().get('/api/scopes')).status).to.equal(401)
  })
})

describe('updateScope', () => {
  it('sets the description, under If-Match', async () => {
    const root = await superuserClient()
    await root.post('/api/scopes').send(REPORTS)
    const { headers } = await root.get('/api/scopes/reports:read')
    const change = (tag: string) =>
      root.patch('/api/scopes/reports:read').set('If-Match', tag).send({ description: 'Print them' })
    expect((await change('"stale"')).status).to.equal(412)
    const { status, body } = await change(headers.etag!)
    expect(status).to.equal(200)
    expect(body).to.deep.equal({ name: 'reports:read', description: 'Print them', built_in: false })
  })

  it('and deleteScope answer 409 to a built-in one', async () => {
    const root = await superuserClient()
    expect((await root.patch('/api/scopes/users:read').send({ description: 'x' })).status).to.equal(409)
    expect((await root.delete('/api/scopes/users:read')).status).to.equal(409)
  })
})

describe('listTokens and listGroups', () => {
  it('find users and tokens by a scope, as a whole word', async () => {
    const root = await superuserClient()
    for (const name of ['reports:read', 'my-reports:read', 'reports:read-all'])
      await root.post('/api/scopes').send({ name })
    await root.post('/api/groups').send({ name: 'one', scopes: ['my-reports:read', 'reports:read', 'users:read'] })
    await root.post('/api/groups').send({ name: 'two', scopes: ['my-reports:read', 'reports:read-all'] })
    await root.post('/api/tokens').send({ name: 'a', scopes: ['reports:read'] })
    await root.post('/api/tokens').send({ name: 'b', scopes: ['my-reports:read', 'reports:read-all'] })
    const names = async (list: string) =>
      (await root.get(`/api/${list}?scope=reports:read&count=true`)).body.map(({ name }: { name: string }) => name)
    expect([await names('groups'), await names('tokens')]).to.deep.equal([['one'], ['a']])
  })
})

describe('everyone', () => {
  it('has no scope of scopes or checks', async () => {
    const everyone = await Group.findOne({ where: { name: 'everyone' } })
    expect(everyone!.scopes).not.to.match(/scopes:|checks:/)
  })
})

describe('latchkey scope', () => {
  it('adds, lists and removes', async () => {
    expect(await command(['scope', 'add', 'reports:read', '--description', 'See the reports'])).to.include({
      code: 0,
      stdout: 'added reports:read\n',
    })
    const listed = JSON.parse((await command('scope list --json')).stdout)
    expect(listed).to.deep.include({ ...REPORTS, built_in: false })
    expect((await command('scope list')).stdout).to.match(/^reports:read +own +See the reports$/m)
    const { value } = await makePersonal(await makeUser({ isSuperuser: true }), { scopes: ['reports:read'] })
    expect((await command('scope remove reports:read')).code).to.equal(0)
    expect(await checkStatus(value)).to.equal(403)
    expect(await OwnScope.count()).to.equal(0)
  })

  const refused: [line: string, says: RegExp][] = [
    ['scope add employees:print', /name: The resource of this name belongs to this service itself/],
    ['scope add reports', /name: A scope is written resource:action/],
    ['scope remove reports:read', /there is no scope with this name/],
    ['scope remove users:read', /this scope belongs to the service itself/],
    ['token plan /api/checks/reports:read', /there is no such scope/],
    ['token plan checkToken', /as \/api\/checks\/reports:read/],
  ]
  for (const [line, says] of refused)
    it(`refuses ${line}`, async () => {
      const { code, stderr } = await command(line)
      expect(code).to.equal(1)
      expect(stderr).to.match(says)
    })

  it('is known to token plan and token explain', async () => {
    await OwnScope.add(REPORTS, TESTER)
    const { token } = await makePersonal(await makeUser({ isSuperuser: true }), { scopes: ['reports:read'] })
    expect((await command('token plan listEmployees /api/checks/reports:read')).stdout).to.equal(
      'employees:read reports:read\n',
    )
    const explain = (path: string) => command(`token explain ${token.id} POST ${path}`)
    const allowed = await explain('/api/checks/reports:read/monthly?page=2')
    expect(allowed).to.include({ code: 0 })
    expect(allowed.stdout).to.match(/^checkToken needs reports:read\n/)
    const denied = await explain('/api/checks/reports:write')
    expect(denied).to.include({ code: 1 })
    expect(denied.stdout).to.match(/FAIL user has the scopes: 403 .*reports:write/)
  })
})
