import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Group } from '../src/identity/groups/group.js'
import { Token } from '../src/identity/tokens/token.js'
import { hintOf, newValue } from '../src/identity/tokens/value.js'
import { Membership, User } from '../src/identity/users/user.js'
import { isSqlite, sequelize } from '../src/platform/database/connection.js'
import { write } from '../src/platform/database/write-queue.js'
import { command } from './command.js'
import { anonymous, clientWithValue, makeMany, makePersonal, makeUser, superuserClient, TESTER } from './support.js'

describe('latchkey migrate', () => {
  it('has nothing to apply to a database that is as it should be', async () => {
    expect(await command('migrate up')).to.deep.equal({ code: 0, stdout: 'nothing to apply\n', stderr: '' })
  })

  it('tells what is applied, also as JSON', async () => {
    const { code, stdout } = await command('migrate status')
    expect(code).to.equal(0)
    expect(stdout).to.match(/^applied: 0001-users, [^\n]*\npending: none\n$/)
    const { applied, pending } = JSON.parse((await command('migrate status --json')).stdout)
    expect(applied[0]).to.equal('0001-users')
    expect(pending).to.deep.equal([])
  })
})

describe('latchkey createsuperuser', () => {
  it('takes a weak password only when told so', async () => {
    const refused = await command('createsuperuser --username Srinivas', 'admin123\n')
    expect(refused).to.deep.equal({ code: 1, stdout: '', stderr: 'latchkey: password: This password is too common.\n' })
    const made = await command('createsuperuser --username Srinivas --allow-weak-password', 'admin123\n')
    expect(made.code).to.equal(0)
    expect(made.stdout).to.match(/^made superuser Srinivas \(id \d+\)\n$/)
    expect(made.stderr).to.equal('warning: the password was not held to the rules\n')
    const answer = await anonymous().post('/gettoken/').send({ username: 'Srinivas', password: 'admin123' })
    expect(answer.status).to.equal(200)
  })
})

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
      'set the password of ravi, and ended its tokens and sessions\n',
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
      stderr: 'latchkey: The last active superuser can be neither disabled, demoted nor deleted.\n',
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

describe('latchkey token', () => {
  const json = async (args: string) => JSON.parse((await command(args)).stdout)

  beforeEach(async () => {
    await makeUser({ username: 'ravi' })
  })

  it('makes tokens, prints their values once, lists and revokes them', async () => {
    const account = (await command('token create ravi')).stdout.trim()
    expect(account).to.match(/^lk_[0-9A-Za-z]{49}$/)
    expect((await command('token create ravi')).stderr).to.equal(
      'latchkey: user: Token with this User already exists.\n',
    )
    const made = await json(
      'token create ravi --name ci --scope employees:read tokens:read --expires-at 2036-01-31 --network 127.0.0.1 --json',
    )
    expect(made).to.deep.include({
      kind: 'personal',
      name: 'ci',
      scopes: ['employees:read', 'tokens:read'],
      state: 'active',
    })
    const listed = await command('token list --user ravi --json')
    expect(JSON.parse(listed.stdout)).to.have.lengthOf(2)
    expect(listed.stdout).not.to.contain(account).and.not.to.contain(made.token)
    expect((await clientWithValue(made.token).get('/api/')).status).to.equal(200)
    expect((await command(`token revoke ${made.id}`)).stdout).to.equal(`revoked token ${made.id}\n`)
    expect((await clientWithValue(made.token).get('/api/')).status).to.equal(401)
    expect((await command('token list')).stdout).to.contain('revoked')
  })

  it('limits a token, and changes it, whose value stays', async () => {
    const make = 'token create ravi --name ci --scope employees:read --rate-limit 100/1m --json'
    const { token: value, ...made } = await json(make)
    expect(made.rate_limit).to.deep.equal({ requests: 100, seconds: 60 })
    const change = `token change ${made.id} --name ci2 --network 127.0.0.1 --no-rate-limit --json`
    const changed = { ...made, name: 'ci2', networks: ['127.0.0.1'], rate_limit: null }
    expect(await json(change)).to.deep.equal(changed)
    expect((await command(`token change ${made.id} --no-network --expires-at 30d`)).stdout).to.equal(
      `changed token ${made.id}\n`,
    )
    const shown = await json(`token show ${made.id} --json`)
    expect(shown).to.deep.equal({ ...changed, networks: [], expires_at: shown.expires_at })
    expect(Date.parse(shown.expires_at)).to.be.closeTo(Date.now() + 30 * 86_400_000, 300_000)
    expect((await clientWithValue(value).get('/api/')).status).to.equal(200)
  })

  it('names the user, not the id', async () => {
    const { id } = await json('token create ravi --json')
    expect((await command(`token show ${id}`)).stdout).to.match(/^user: ravi$/m)
    expect((await command('token list')).stdout).to.match(new RegExp(`^${id} +account +ravi `, 'm'))
  })

  it('shows and rotates a token', async () => {
    const made = await json('token create ravi --name ci --scope employees:read --json')
    const value = (await command(`token rotate ${made.id} --overlap 1h`)).stdout.trim()
    expect(value).to.match(/^lk_/).and.not.equal(made.token)
    const shown = await command(`token show ${made.id}`)
    expect(shown.stdout)
      .to.match(/^state: rotating$/m)
      .and.match(/^granted: employees:read$/m)
      .and.match(/^used: none$/m)
    expect((await json(`token show ${made.id} --json`)).use_count).to.equal(0)
  })

  it('shows a name from before the rules without what a terminal obeys', async () => {
    const { id } = await json('token create ravi --name ci --scope employees:read --json')
    await write((transaction) => Token.update({ name: 'a\u001b[2J\nstate: revoked' }, { where: { id }, transaction }))
    const { stdout } = await command(`token show ${id}`)
    expect(stdout).to.contain('name: a\ufffd[2J\ufffdstate: revoked\n')
    expect(stdout.match(/^state: .*$/gm)).to.deep.equal(['state: active'])
  })

  it('warns of the end of a token', async () => {
    const end = new Date(Date.now() + 3 * 86_400_000).toISOString()
    await command(`token create ravi --name ci --scope employees:read --expires-at ${end}`)
    expect((await command('token list --expiring-within 2d')).code).to.equal(0)
    const soon = await command('token list --expiring-within 7d')
    expect(soon.code).to.equal(1)
    expect(soon.stdout).to.contain(' ci ')
  })

  it('explains what a token may do', async () => {
    const { id } = await json('token create ravi --name ci --scope employees:read --json')
    const allowed = await command(`token explain ${id} GET /api/emp_viewset/7`)
    expect(allowed.code).to.equal(0)
    expect(allowed.stdout)
      .to.match(/^getEmployee needs employees:read\nok {3}not revoked\n/)
      .and.match(/\nallow\n$/)
    const denied = await command(`token explain ${id} DELETE /api/emp_viewset/7`)
    expect(denied.code).to.equal(1)
    expect(denied.stdout).to.match(/\nFAIL token has the scopes: 403 This needs the scope employees:write\.\ndeny\n$/)
    expect((await command(`token explain ${id} GET /nosuch`)).stderr).to.match(/no such operation/)
    await command(`token rotate ${id} --overlap 1h`)
    const old = await command(`token explain ${id} POST /api/tokens --old-value`)
    expect(old.stdout).to.match(/\nFAIL value not replaced, where rights are handed out: 403 .*\n/)
  })

  it('plans the fewest scopes', async () => {
    expect((await command('token plan listEmployees getEmployee createToken getApiRoot')).stdout).to.equal(
      'employees:read tokens:write\n',
    )
    expect((await command('token plan nosuch')).code).to.equal(1)
  })

  it('finds our tokens in a file of several pieces, wherever they stand, each once and on its line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-scan-'))
    try {
      const file = join(folder, 'large.log')
      // Around the ends of the pieces, which are of 1 MiB.
      const places = [0, 2 ** 20 - 60, 2 ** 20 + 1000, 2 ** 21 - 30, 2 ** 21 + 60, 3 * 2 ** 20 - 1, 3 * 2 ** 20 + 80]
      const text = Buffer.alloc(4 * 2 ** 20, 'some text\n')
      const values = places.map(() => newValue('lk'))
      for (const [index, at] of places.entries()) text.write(`"${values[index]}"`, at, 'latin1')
      writeFileSync(file, Buffer.concat([text, Buffer.from(`\n${newValue('lk')}`)]))
      const found = JSON.parse((await command(`token scan ${file} --json`)).stdout)
      const lineAt = (at: number) => text.subarray(0, at).toString('latin1').split('\n').length
      expect(found.map(({ line }: { line: number }) => line)).to.deep.equal([
        ...places.map(lineAt),
        lineAt(text.length) + 1,
      ])
      expect(found.map(({ hint }: { hint: string }) => hint).slice(0, -1)).to.deep.equal(values.map(hintOf))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('finds our tokens in files and says which are live', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-scan-'))
    try {
      mkdirSync(join(folder, 'deep'))
      const stranger = newValue('lk')
      const live = (await command('token create ravi')).stdout.trim()
      const other = live.slice(0, -1) + (live.endsWith('x') ? 'y' : 'x')
      writeFileSync(join(folder, 'deep', 'a.env'), `# nothing\nTOKEN=${stranger}\n`)
      expect((await command(`token scan ${folder}`)).code).to.equal(0)
      writeFileSync(join(folder, 'b.log'), `{"auth":"Token ${live}"} ${other}\n`)
      const { code, stdout } = await command(`token scan ${folder} --json`)
      expect(code).to.equal(1)
      expect(JSON.parse(stdout)).to.have.deep.members([
        { file: join(folder, 'deep', 'a.env'), line: 2, hint: `lk_…${stranger.slice(-4)}`, state: 'unknown here' },
        { file: join(folder, 'b.log'), line: 1, hint: `lk_…${live.slice(-4)}`, state: 'active' },
      ])
      expect(stdout).not.to.contain(live)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  const ends: [text: string, end: number][] = [
    ['2036-02-29', Date.UTC(2036, 1, 29)],
    ['2036-01-31T12:00', Date.UTC(2036, 0, 31, 12)],
    ['2036-01-31T12:00:00+05:30', Date.UTC(2036, 0, 31, 6, 30)],
    ['2036-01-31t12:00:00.5z', Date.UTC(2036, 0, 31, 12, 0, 0, 500)],
    ['30d', Date.now() + 30 * 86_400_000],
  ]
  for (const [text, end] of ends)
    it(`takes an end as ${text}`, async () => {
      const made = await json(`token create ravi --name ci --scope employees:read --json --expires-at ${text}`)
      expect(new Date(made.expires_at).getTime()).to.be.closeTo(end, text === '30d' ? 300_000 : 0)
    })

  it('lists page by page what one page would list', async () => {
    const { id } = (await User.findOne())!
    const made = 1201
    await makeMany('tokens', made, {
      kind: "'personal'",
      user_id: String(id),
      name: "'n' || n",
      scopes: "'employees:read'",
      digest: isSqlite ? 'lower(hex(randomblob(32)))' : "encode(sha256(n::text::bytea), 'hex')",
      hint: "'lk_…0000'",
      created_at: isSqlite ? "'2026-01-01 00:00:00.000 +00:00'" : "timestamptz '2026-01-01'",
      revoked_at: `CASE WHEN n % 2 = 0 THEN ${isSqlite ? "'2026-01-02 00:00:00.000 +00:00'" : "timestamptz '2026-01-02'"} END`,
    })
    const all = await json('token list --json')
    expect(all.map(({ name }: { name: string }) => name)).to.deep.equal(
      Array.from({ length: made }, (_, n) => `n${n + 1}`),
    )
    const [heading, ...rows] = (await command('token list')).stdout.trimEnd().split('\n')
    expect(heading).to.match(/^id +kind +user +name /)
    expect(rows).to.have.lengthOf(made)
    expect(await json('token list --json --limit 700')).to.deep.equal(all.slice(0, 700))
    const revoked = await json('token list --json --state revoked --user ravi --limit 600')
    expect(revoked).to.deep.equal(all.filter(({ state }: { state: string }) => state === 'revoked'))
    expect(await json('token list --json --state rotating')).to.deep.equal([])
  })

  const refused: [args: string, sentence: RegExp][] = [
    ['token create ravi --name ci', /needs --scope/],
    ['token create ravi --scope employees:read', /needs --name/],
    ['token create ravi --name ci --scope users:read', /scopes: The user does not have users:read/],
    ['token create ravi --name ci --scope nonsense', /scopes: A scope must be one of/],
    ['token create ravi --rate-limit 100/60s', /needs --name/],
    ['token revoke 999', /Not found/],
    ['token change 999 --name x', /Not found/],
  ]
  for (const [args, sentence] of refused)
    it(`answers 1 and one line to: ${args}`, async () => {
      const { code, stdout, stderr } = await command(args)
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr)
        .to.match(sentence)
        .and.match(/^[^\n]+\n$/)
    })
})

describe('latchkey events', () => {
  it('verifies and exports the trail', async () => {
    await command('user create ravi --no-password')
    await command('token create ravi')
    expect(await command('events verify')).to.deep.equal({
      code: 0,
      stdout: '2 events, unbroken; changes: 2 as written, 0 erased\n',
      stderr: '',
    })
    const lines = (await command('events export')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ action }) => action)).to.deep.equal(['user.created', 'token.created'])
    await write((transaction) =>
      sequelize.query("UPDATE events SET actor = 'nobody' WHERE action = 'user.created'", { transaction }),
    )
    expect(await command('events verify')).to.deep.equal({
      code: 1,
      stdout: `broken at event ${lines[0].id}: the row was changed\n`,
      stderr: '',
    })
  })
})

describe('latchkey keys', () => {
  it('tells which key is first, and what needs it', async () => {
    await makeUser()
    expect((await command('keys status')).stdout).to.match(/ yes\n$/)
    const rows = JSON.parse((await command('keys status --json')).stdout)
    expect(rows).to.have.lengthOf(1)
    expect(rows[0]).to.include({ first: true, password_hashes: 1 })
  })
})

describe('latchkey doctor', () => {
  it('examines: what is wrong with 1, and that all is well with 0', async () => {
    const before = await command('doctor')
    expect(before.code).to.equal(1)
    expect(before.stdout).to.match(
      /^ok {3}schema: .*\nok .*\nok .*\nok .*\nFAIL superuser: there is no active superuser\n$/,
    )
    await makeUser({ isSuperuser: true })
    const after = await command('doctor --json')
    expect(after.code).to.equal(0)
    expect(JSON.parse(after.stdout).every(({ ok }: { ok: boolean }) => ok)).to.equal(true)
  })
})

describe('a command', () => {
  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(await command('--version')).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  for (const args of [
    'nosuch',
    'token',
    'token revoke x',
    'createsuperuser',
    'createsuperuser --username a --password b',
    'token create ravi --expires-at never',
    'token create ravi --expires-at 2027-02-30T12:00:00Z',
    'token create ravi --expires-at 2027-02-29',
    'token create ravi --expires-at 2027-01-31T24:00:00Z',
    'token create ravi --expires-at 2027-01-31T12:00:00+0530',
    'token create ravi --expires-at 2027-01-31T12:00:00+24:00',
    'token create ravi --expires-at 9999-12-31T23:59:59-05:00',
    'token create ravi --expires-at 0000-12-31',
    'token create ravi --expires-at 20270131',
    'token create ravi --expires-at 30',
    'token create ravi --rate-limit 100',
    'token create ravi --rate-limit 0/60s',
    'token create ravi --rate-limit 100/60',
    'token create ravi --rate-limit 1000001/60s',
    'token create ravi --rate-limit 100/2d',
    'token change 1',
    'token change 1 --rate-limit',
    'group set everyone',
    'user delete',
    'user list --limit 0',
    'token list --limit 0',
    'token list --state ended',
    'backup',
  ])
    it(`answers 2 to: ${args}`, async () => {
      const { code, stdout } = await command(args)
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
    })
})
