import { expect } from 'chai'
import { expectWithin, freshDatabase, latchkey, ServerProcess } from './process.js'

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
