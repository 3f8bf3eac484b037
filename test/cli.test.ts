import { exec } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { newValue } from '../src/identity/tokens/value.js'
import { isSqlite } from '../src/platform/database/connection.js'
import { expectWithin, freshDatabase, latchkey, onTerminal, refusedStart, ServerProcess } from './process.js'
import { sql } from './sql.js'

describe('latchkey', function () {
  this.timeout(60_000)

  let database: Awaited<ReturnType<typeof freshDatabase>>

  beforeEach(async () => {
    database = await freshDatabase()
  })

  afterEach(async () => {
    await database.remove()
  })

  const run = (args: string, input?: string) => latchkey(args.split(' '), database.env, input)

  it('migrates, and tells before and after what is pending', async () => {
    const before = await run('migrate status')
    expect(before).to.include({ code: 1, stderr: '' })
    expect(before.stdout).to.match(/applied: none\npending: 0001-users, /)
    expect((await run('migrate')).stdout).to.match(/^applied 0001-users, /)
    expect((await run('migrate up')).stdout).to.equal('nothing to apply\n')
    const after = await run('migrate status --json')
    expect(after.code).to.equal(0)
    expect(JSON.parse(after.stdout).pending).to.deep.equal([])
  })

  it('makes a superuser who can sign in, with a weak password only when told so', async () => {
    const refused = await run('createsuperuser --username Srinivas', 'admin123\n')
    expect(refused).to.deep.equal({ code: 1, stdout: '', stderr: 'latchkey: password: This password is too common.\n' })
    const made = await run('createsuperuser --username Srinivas --allow-weak-password', 'admin123\n')
    expect(made).to.include({ code: 0, stdout: 'made superuser Srinivas (id 1)\n' })
    expect(made.stderr).to.equal('warning: the password was not held to the rules\n')
    const server = await ServerProcess.start(database.env)
    const answer = await server.fetch('/gettoken/', { json: { username: 'Srinivas', password: 'admin123' } })
    expect(answer.status).to.equal(200)
    await server.stop()
  })

  it('makes, disables and enables users and sets their passwords', async () => {
    expect(await run('user create ravi --email r@example.com --staff --json', 'tea-for-2-at-4\n')).to.include({
      code: 0,
    })
    expect((await run('user create RAVI --no-password')).stderr).to.equal(
      'latchkey: username: A user with that username already exists.\n',
    )
    expect((await run('user disable Ravi')).stdout).to.equal('disabled ravi\n')
    expect((await run('user enable ravi')).stdout).to.equal('enabled ravi\n')
    expect((await run('user password ravi', 'coffee-4-two\n')).stdout).to.equal(
      'set the password of ravi, and ended its tokens and sessions\n',
    )
    expect(await run('user disable nobody')).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: 'latchkey: there is no user with this name\n',
    })
  })

  it('shows on a terminal a line that tries the new token', async () => {
    await run('user create ravi --no-password')
    const server = await ServerProcess.start(database.env)
    const { port } = new URL(server.url)
    const shown = await onTerminal('token create ravi', { ...database.env, PORT: port })
    const [, value, line] =
      /^(lk_\w{49})\n\n(curl http:\/\/localhost:\d+\/api\/ -H 'Authorization: Token lk_\w{49}')\n$/.exec(shown)!
    expect(line).to.contain(value)
    const { stdout } = await promisify(exec)(`${line} --silent`)
    expect(JSON.parse(stdout)).to.have.property('emp_viewset')
    await server.stop()
  })

  it('makes tokens, prints their values once, lists and revokes them', async () => {
    await run('user create ravi --no-password')
    const account = (await run('token create ravi')).stdout.trim()
    expect(account).to.match(/^lk_[0-9A-Za-z]{49}$/)
    expect((await run('token create ravi')).stderr).to.equal('latchkey: user: Token with this User already exists.\n')
    const made = JSON.parse(
      (
        await run(
          'token create ravi --name ci --scope employees:read tokens:read --expires-at 2036-01-31 --network 127.0.0.1 --json',
        )
      ).stdout,
    )
    expect(made).to.deep.include({
      kind: 'personal',
      name: 'ci',
      scopes: ['employees:read', 'tokens:read'],
      state: 'active',
    })
    const listed = await run('token list --user ravi --json')
    expect(JSON.parse(listed.stdout)).to.have.lengthOf(2)
    expect(listed.stdout).not.to.contain(account).and.not.to.contain(made.token)
    const server = await ServerProcess.start(database.env)
    expect((await server.fetch('/api/', { token: made.token })).status).to.equal(200)
    expect((await run(`token revoke ${made.id}`)).stdout).to.equal(`revoked token ${made.id}\n`)
    await expectWithin(1000, async () => (await server.fetch('/api/', { token: made.token })).status === 401)
    await server.stop()
    expect((await run('token list')).stdout).to.contain('revoked')
  })

  it('shows, rotates and explains a token, and warns of its end', async () => {
    await run('user create ravi --no-password')
    const end = new Date(Date.now() + 3 * 86_400_000).toISOString()
    const made = JSON.parse(
      (await run(`token create ravi --name ci --scope employees:read --expires-at ${end} --json`)).stdout,
    )
    expect((await run('token list --expiring-within 2d')).code).to.equal(0)
    const soon = await run('token list --expiring-within 7d')
    expect(soon.code).to.equal(1)
    expect(soon.stdout).to.contain(' ci ')
    const value = (await run(`token rotate ${made.id} --overlap 1h`)).stdout.trim()
    expect(value).to.match(/^lk_/).and.not.equal(made.token)
    const shown = await run(`token show ${made.id}`)
    expect(shown.stdout)
      .to.match(/^state: rotating$/m)
      .and.match(/^granted: employees:read$/m)
      .and.match(/^used: none$/m)
    const allowed = await run(`token explain ${made.id} GET /api/emp_viewset/7`)
    expect(allowed.code).to.equal(0)
    expect(allowed.stdout)
      .to.match(/^getEmployee needs employees:read\nok {3}not revoked\n/)
      .and.match(/\nallow\n$/)
    const denied = await run(`token explain ${made.id} DELETE /api/emp_viewset/7`)
    expect(denied.code).to.equal(1)
    expect(denied.stdout).to.match(/\nFAIL token has the scopes: 403 This needs the scope employees:write\.\ndeny\n$/)
    expect((await run(`token explain ${made.id} GET /nosuch`)).stderr).to.match(/no such operation/)
    expect(JSON.parse((await run(`token show ${made.id} --json`)).stdout).use_count).to.equal(0)
  })

  it('plans the fewest scopes', async () => {
    expect((await run('token plan listEmployees getEmployee createToken getApiRoot')).stdout).to.equal(
      'employees:read tokens:write\n',
    )
    expect((await run('token plan nosuch')).code).to.equal(1)
  })

  it('finds our tokens in files and says which are live', async () => {
    const folder = join(database.folder, 'files')
    mkdirSync(join(folder, 'deep'), { recursive: true })
    const stranger = newValue('lk')
    writeFileSync(join(folder, 'deep', 'a.env'), `# nothing\nTOKEN=${stranger}\n`)
    const offline = await run(`token scan ${folder}`)
    await run('user create ravi --no-password')
    const live = (await run('token create ravi')).stdout.trim()
    writeFileSync(
      join(folder, 'b.log'),
      `{"auth":"Token ${live}"} ${live.slice(0, -1)}${live.endsWith('x') ? 'y' : 'x'}\n`,
    )
    const { code, stdout } = await run(`token scan ${folder} --json`)
    expect(code).to.equal(1)
    expect(JSON.parse(stdout)).to.have.deep.members([
      { file: join(folder, 'deep', 'a.env'), line: 2, hint: `lk_…${stranger.slice(-4)}`, state: 'unknown here' },
      { file: join(folder, 'b.log'), line: 1, hint: `lk_…${live.slice(-4)}`, state: 'active' },
    ])
    expect(stdout).not.to.contain(live)
    if (isSqlite)
      expect(offline).to.include({
        code: 0,
        stdout: `${join(folder, 'deep', 'a.env')}:2 lk_…${stranger.slice(-4)} not looked up\n`,
      })
  })

  it('verifies and exports the trail', async () => {
    await run('user create ravi --no-password')
    await run('token create ravi')
    expect(await run('events verify')).to.deep.equal({ code: 0, stdout: '2 events, unbroken\n', stderr: '' })
    const lines = (await run('events export')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ action }) => action)).to.deep.equal(['user.created', 'token.created'])
    await sql(database.env.DATABASE_URL!, "UPDATE events SET actor = 'nobody' WHERE id = 1")
    expect(await run('events verify')).to.deep.equal({
      code: 1,
      stdout: 'broken at event 1: the row was changed\n',
      stderr: '',
    })
  })

  it('changes the first server key under load, without a failed request', async () => {
    const [old, fresh] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
    const env = { ...database.env, LATCHKEY_SECRET_KEY: old }
    for (let index = 0; index < 5; index++) {
      await latchkey(['user', 'create', `ravi${index}`], env, 'tea-for-2-at-4\n')
      await latchkey(['token', 'create', `ravi${index}`], env)
    }
    const both = { ...env, LATCHKEY_SECRET_KEY: `${fresh},${old}` }
    const server = await ServerProcess.start(both)
    const login = async (name: string) => {
      const answer = await server.fetch('/gettoken/', { json: { username: name, password: 'tea-for-2-at-4' } })
      return { status: answer.status, token: ((await answer.json()) as { token: string }).token }
    }
    const before = await Promise.all([0, 1, 2, 3, 4].map((index) => login(`ravi${index}`)))
    let running = true
    const seen: { status: number; token: string }[] = []
    const load = (async () => {
      while (running) seen.push(await login('ravi0'))
    })()
    expect((await latchkey(['keys', 'status'], both)).stdout).to.match(/ yes\n/)
    const rotated = await latchkey(['keys', 'rotate'], both)
    running = false
    await load
    expect(rotated.stdout, rotated.stderr).to.match(
      /^sealed 5 tokens and marked \d+ events under the first key\nno longer needed: /,
    )
    expect(seen.length).to.be.greaterThan(1)
    for (const { status, token } of seen) expect([status, token]).to.deep.equal([200, before[0]!.token])
    await server.stop()
    // The old key can go now; what was made under it works on.
    const alone = { ...env, LATCHKEY_SECRET_KEY: fresh }
    const again = await ServerProcess.start(alone)
    expect((await again.fetch('/api/', { token: before[3]!.token })).status).to.equal(200)
    const answer = await again.fetch('/gettoken/', { json: { username: 'ravi4', password: 'tea-for-2-at-4' } })
    expect(((await answer.json()) as { token: string }).token).to.equal(before[4]!.token)
    await again.stop()
    expect((await latchkey(['events', 'verify'], alone)).code).to.equal(0)
    expect((await refusedStart(env)).stderr).to.match(/LATCHKEY_SECRET_KEY lacks a key/)
  })

  const refused: [args: string, sentence: RegExp][] = [
    ['token create ravi --name ci', /needs --scope/],
    ['token create ravi --scope employees:read', /needs --name/],
    ['token create ravi --name ci --scope users:read', /scopes: The user does not have users:read/],
    ['token create ravi --name ci --scope nonsense', /scopes: A scope must be one of/],
    ['token revoke 999', /Not found/],
  ]
  for (const [args, sentence] of refused)
    it(`answers 1 and one line to: ${args}`, async () => {
      await run('user create ravi --no-password')
      const { code, stdout, stderr } = await run(args)
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr)
        .to.match(sentence)
        .and.match(/^[^\n]+\n$/)
    })

  for (const args of [
    'nosuch',
    'token',
    'token revoke x',
    'createsuperuser',
    'createsuperuser --username a --password b',
    'token create ravi --expires-at never',
  ])
    it(`answers 2 to: ${args}`, async () => {
      const { code, stdout } = await run(args)
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
    })

  it('prints help with 0', async () => {
    const { code, stdout } = await run('--help')
    expect(code).to.equal(0)
    for (const command of ['serve', 'migrate', 'createsuperuser', 'user', 'token', 'doctor'])
      expect(stdout).to.contain(`  ${command}`)
  })

  it('examines: what is wrong with 1, and that all is well with 0', async () => {
    const before = await run('doctor')
    expect(before.code).to.equal(1)
    expect(before.stdout).to.match(/^FAIL schema: pending/)
    await run('migrate')
    expect((await run('doctor')).code).to.equal(1)
    await run('createsuperuser --username root', 'tea-for-2-at-4\n')
    const after = await run('doctor --json')
    expect(after.code).to.equal(0)
    expect(JSON.parse(after.stdout).every(({ ok }: { ok: boolean }) => ok)).to.equal(true)
  })
})
