import { expect } from 'chai'
import { Group } from '../src/identity/groups/group.js'
import { Membership, User } from '../src/identity/users/user.js'
import { isSqlite } from '../src/platform/database/connection.js'
import { write } from '../src/platform/database/write-queue.js'
import { command } from './command.js'
import { anonymous, makeMany, makePersonal, makeUser, superuserClient, TESTER } from './support.js'

describe('latchkey user', () => {
  it('makes, disables and enables users and sets their passwords', async () => {
    const made = await command('user create ravi --email r@example.com --staff --json', 'tea-for-2-at-4\n')
    expect(made.code).to.equal(0)
    expect(JSON.parse(made.stdout)).to.include({ username: 'ravi', is_staff: true, is_superuser: false })
    expect((await command('user create RAVI --no-password')).stderr).to.equal(
      'latchkey: username: A user with that username already exists.\n',
    )
    expect((await command('user disable Ravi')).stdout).to.equal('disabled ravi\n')
    expect((await User.findOne())!.isActive).to.equal(false)
    expect((await command('user enable ravi')).stdout).to.equal('enabled ravi\n')
    expect((await User.findOne())!.isActive).to.equal(true)
    expect((await command('user password ravi', 'coffee-4-two\n')).stdout).to.equal(
      'set the password of ravi, and ended their tokens and sessions\n',
    )
    const answer = await anonymous().post('/gettoken/').send({ username: 'ravi', password: 'coffee-4-two' })
    expect(answer.status).to.equal(200)
  })

  const usernames = (stdout: string) => JSON.parse(stdout).map(({ username }: { username: string }) => username)

  it('lists them, page by page, with the members of the API', async () => {
    await Group.add({ name: 'payroll', scopes: [] }, TESTER)
    const timeOf = isSqlite ? "'2026-01-01 00:00:00.000 +00:00'" : "timestamptz '2026-01-01'"
    await makeMany('users', 1001, {
      username: "'u' || n",
      username_folded: "'u' || n",
      email: "''",
      is_active: isSqlite ? 'n % 2' : 'n % 2 = 1',
      is_staff: 'FALSE',
      is_superuser: 'FALSE',
      date_joined: timeOf,
    })
    const { id: groupId } = (await Group.findOne({ where: { name: 'payroll' } }))!
    const members = await User.findAll({ where: { username: ['u3', 'u600', 'u1001'] }, order: ['id'] })
    const rows = members.map(({ id }) => ({ userId: id, groupId }))
    await write((transaction) => Membership.bulkCreate(rows, { transaction }))
    const all = (await command('user list --json')).stdout
    expect(usernames(all)).to.deep.equal(Array.from({ length: 1001 }, (_, n) => `u${n + 1}`))
    const third = (await (await superuserClient()).get(`/api/users/${members[0]!.id}`)).body
    expect(JSON.parse(all)[2]).to.deep.equal(third)
    const inGroup = (await command('user list --group payroll')).stdout.split('\n').map((line) => line.split(/ +/))
    expect(inGroup.map(([, username, , active]) => [username, active])).to.deep.equal([
      ['username', 'active'],
      ['u3', 'yes'],
      ['u600', 'no'],
      ['u1001', 'yes'],
      [undefined, undefined],
    ])
    expect(usernames((await command('user list --disabled --limit 2 --json')).stdout)).to.deep.equal(['u2', 'u4'])
    expect((await command('user list --group nosuch')).code).to.equal(1)
  })

  it('shows one, and what it may do and holds', async () => {
    await Group.add({ name: 'hr', scopes: ['users:read'] }, TESTER)
    const user = await makeUser({ username: 'ravi', groups: ['hr'] })
    await makePersonal(user)
    const { stdout } = await command('user show RAVI')
    expect(stdout)
      .to.match(/^username: ravi\nemail: -\nis_active: yes\n/m)
      .and.match(/^groups: hr$/m)
      .and.match(/^scopes: employees:read employees:write tokens:read tokens:write users:read$/m)
      .and.match(/^holds: 1 token, 0 sessions and 1 group$/m)
    const shown = JSON.parse((await command('user show ravi --json')).stdout)
    expect(shown).to.deep.include({ id: user.id, groups: ['hr'], is_active: true, last_login: null })
  })

  it('deletes one, and says what went with it', async () => {
    const user = await makeUser({ username: 'ravi' })
    await makePersonal(user)
    expect((await command('user delete ravi')).stdout).to.equal(
      `deleted ravi (id ${user.id}) with 1 token, 0 sessions and 0 groups\n`,
    )
    expect(await User.count()).to.equal(0)
    await makeUser({ username: 'root', isSuperuser: true })
    expect(await command('user delete root --yes')).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: 'latchkey: The last active superuser cannot be disabled, demoted or deleted.\n',
    })
  })

  it('answers 1 to a name that nobody has', async () => {
    expect(await command('user disable nobody')).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: 'latchkey: there is no user with this name\n',
    })
  })
})

describe('latchkey group', () => {
  it('makes, lists and sets groups', async () => {
    const user = await makeUser()
    const made = await command('group create payroll --scope employees:read tokens:read --json')
    expect(JSON.parse(made.stdout)).to.deep.include({ name: 'payroll', scopes: ['employees:read', 'tokens:read'] })
    await User.change(user.id, { groups: ['payroll'] }, TESTER, () => {})
    expect((await command('group set payroll --name wages --scope users:read')).stdout).to.equal(
      'set wages: users:read\n',
    )
    const { stdout } = await command('group list')
    expect(stdout.split('\n').map((line) => line.replace(/^\d+ +/, '').replace(/ +/g, ' '))).to.deep.equal([
      'id name members scopes',
      'everyone 1 employees:read employees:write tokens:read tokens:write',
      'wages 1 users:read',
      '',
    ])
    expect((await command('group set wages --no-scope')).stdout).to.equal('set wages: no scopes\n')
    const listed = JSON.parse((await command('group list --json')).stdout)
    expect(listed[1]).to.deep.include({ name: 'wages', scopes: [], members: 1 })
  })

  const refused: [args: string, sentence: string][] = [
    ['group create everyone', 'name: group with this name already exists.'],
    ['group create x --scope nonsense', 'scopes: A scope must be one of'],
    ['group set nosuch --no-scope', 'there is no group with this name'],
    ['group set everyone --name x', 'name: The built-in group keeps its name.'],
  ]
  for (const [args, sentence] of refused)
    it(`answers 1 and one line to: ${args}`, async () => {
      const { code, stdout, stderr } = await command(args)
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr)
        .to.match(/^[^\n]+\n$/)
        .and.contain(`latchkey: ${sentence}`)
    })
})
