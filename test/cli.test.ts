import { exec } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { newValue } from '../src/identity/tokens/value.js'
import { isSqlite } from '../src/platform/database/connection.js'
import { type Database, emptyDatabase } from './databases.js'
import { FIRST, latchkey, onTerminal, refusedStart, ServerProcess } from './process.js'

// What a process alone can show: exit codes, standard input, terminals, and a database that is not there yet or that a server
// has as well. What the commands do is in commands.test.ts, user-commands.test.ts and token-commands.test.ts.

describe('latchkey', function () {
  this.timeout(60_000)

  let database: Database

  beforeEach(async () => {
    database = await emptyDatabase()
  })

  afterEach(() => database.remove())

  const run = (args: string, input?: string) => latchkey(args.split(' '), database.env, input)

  it('answers 1 to who asks about a database without a schema, and makes none', async () => {
    const { code, stdout } = await run('migrate status')
    expect(code).to.equal(1)
    expect(stdout).to.match(/^applied: none\npending: 0001-users, [^\n]*\n$/)
    const examined = await run('doctor')
    expect(examined.code).to.equal(1)
    expect(examined.stdout).to.match(
      isSqlite
        ? /^FAIL database: DATABASE_URL: there is no database [^\n]*\nskip /m
        : /^FAIL schema: pending: 0001-users, [^\n]*; do: run latchkey migrate as the owner of the tables\n/m,
    )
  })

  it('is refused where there is no database, except by what makes one, and makes none', async () => {
    const commands = ['user create ravi --no-password', 'token list', 'keys status', 'events verify', 'token revoke 1']
    for (const { code, stdout, stderr } of await Promise.all(commands.map((args) => run(args)))) {
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr)
        .to.match(/^latchkey: DATABASE_URL: there is no database [^\n]*\n$/)
        .and.contain(nameOf(database))
    }
    expect(readdirSync(database.folder)).to.deep.equal([])
    expect((await run('migrate status')).stdout).to.match(/^applied: none\n/)
  })

  it('deletes a user on a terminal when the name is typed again, and else nothing', async () => {
    await run('createsuperuser --username Srinivas', 'tea-for-2-at-4\n')
    await run('user create ravi --no-password')
    const refused = await onTerminal('user delete RAVI', database.env, 'yes\n').catch(({ message }) => message)
    expect(refused).to.match(/latchkey: nothing was deleted\r\n$/)
    expect(await onTerminal('user delete RAVI', database.env, 'ravi\n')).to.match(
      /deleted ravi \(id 2\) with 0 tokens, 0 sessions and 0 groups\n$/,
    )
  })

  it('takes a password from standard input, makes the schema for it, and ends with 0', async () => {
    const { code, stdout, stderr } = await run('createsuperuser --username Srinivas', 'tea-for-2-at-4\n')
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'made superuser Srinivas (id 1)\n' })
    expect(stderr)
      .to.match(/^made a new database: [^\n]*\n$/)
      .and.contain(nameOf(database))
    const server = await ServerProcess.start(database.env)
    expect(await server.signIn({ username: 'Srinivas', password: 'tea-for-2-at-4' })).to.match(/^lk_/)
    await server.stop()
  })

  if (isSqlite)
    it('finds tokens in files without a database, which it does not make', async () => {
      const value = newValue('lk')
      const file = join(database.folder, 'a.env')
      writeFileSync(file, `TOKEN=${value}\n`)
      const stdout = `${file}:1 lk_…${value.slice(-4)} not looked up\n`
      expect(await run(`token scan ${file}`)).to.deep.equal({ code: 0, stdout, stderr: '' })
      expect(readdirSync(database.folder)).to.deep.equal(['a.env'])
    })

  it('shows on a terminal a line that tries the new token', async () => {
    const server = await ServerProcess.start({ ...database.env, ...FIRST })
    try {
      const { port } = new URL(server.url)
      const shown = await onTerminal('token create Srinivas', { ...database.env, PORT: port })
      const [, value, line] =
        /^(lk_\w{49})\n\n(curl http:\/\/localhost:\d+\/api\/ -H 'Authorization: Token lk_\w{49}')\n$/.exec(shown)!
      expect(line).to.contain(value)
      const { stdout } = await promisify(exec)(`${line} --silent`)
      expect(JSON.parse(stdout)).to.have.property('emp_viewset')
    } finally {
      await server.stop()
    }
  })

  it('changes the first server key under load, without a failed request', async () => {
    const [old, fresh] = [1, 2].map(() => randomBytes(32).toString('base64'))
    const names = [0, 1, 2, 3, 4].map((index) => `ravi${index}`)
    const password = 'tea-for-2-at-4'
    const before = { ...database.env, LATCHKEY_SECRET_KEY: old! }
    const first = await ServerProcess.start({ ...before, ...FIRST })
    const token = await first.signIn()
    for (const username of names) await first.fetch('/api/users', { token, json: { username, password } })
    const tokens = await Promise.all(names.map((username) => first.signIn({ username, password })))
    await first.stop()

    const both = { ...before, LATCHKEY_SECRET_KEY: `${fresh},${old}` }
    const server = await ServerProcess.start(both)
    for (const [index, username] of names.entries())
      expect(await server.signIn({ username, password })).to.equal(tokens[index])
    await server.signIn()
    let running = true
    const seen: string[] = []
    const load = (async () => {
      while (running) seen.push(await server.signIn({ username: names[0]!, password }))
    })()
    const rotated = await latchkey(['keys', 'rotate'], both)
    running = false
    await load
    expect(rotated.stdout, rotated.stderr).to.match(
      /^sealed 6 tokens and marked \d+ events and \d+ changes under the first key\nno longer needed: /,
    )
    expect(seen.length).to.be.greaterThan(1)
    expect([...new Set(seen)]).to.deep.equal([tokens[0]])
    await server.stop()

    // The old key can go now; what was made under it works on.
    const alone = await ServerProcess.start({ ...before, LATCHKEY_SECRET_KEY: fresh! })
    expect((await alone.fetch('/api/', { token: tokens[3] })).status).to.equal(200)
    expect(await alone.signIn({ username: names[4]!, password })).to.equal(tokens[4])
    expect(await (await alone.fetch('/api/events/verification', { token })).json()).to.include({ broken: null })
    await alone.stop()
    expect((await refusedStart(before)).stderr).to.match(/LATCHKEY_SECRET_KEY lacks a key/)
  })

  it('warns of a variable that looks like a setting, once, and does its work', async () => {
    const env = { ...database.env, LATCHKEY_TOKEN_MAXAGE: '5m' }
    await run('migrate')
    const { code, stdout, stderr } = await latchkey(['token', 'list'], env)
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'none\n' })
    expect(stderr).to.equal(
      'latchkey: warning: LATCHKEY_TOKEN_MAXAGE is not a setting; the nearest one is LATCHKEY_TOKEN_MAX_AGE\n',
    )
    const server = await ServerProcess.start(env)
    await server.stop()
    expect(server.lines.filter(({ variable }) => variable === 'LATCHKEY_TOKEN_MAXAGE')).to.have.lengthOf(1)
  })

  it('ends in silence when nobody reads its output any more', async () => {
    await run('migrate')
    const { stdout } = await promisify(exec)(
      `exec 3>&1; { '${process.execPath}' build/src/cli.js migrate status --json; echo "code $?" >&3; } 2>&3 | true`,
      { env: { ...process.env, ...database.env } },
    )
    expect(stdout).to.equal('code 0\n')
  })

  it('answers 1 and one line when its output cannot be written', async () => {
    await run('migrate')
    const { stdout } = await promisify(exec)(
      `'${process.execPath}' build/src/cli.js doctor 2>&1 >/dev/full || echo "code $?"`,
      { env: { ...process.env, ...database.env } },
    )
    expect(stdout).to.equal('latchkey: ENOSPC: no space left on device, write\ncode 1\n')
  })

  // One of each; what else there is to refuse is in the tests of the commands.
  it('answers 1 and one line to what it refuses', async () => {
    await run('migrate')
    expect(await run('token revoke 999')).to.deep.equal({ code: 1, stdout: '', stderr: 'latchkey: Not found.\n' })
  })

  it('answers 2 to what it does not understand', async () => {
    expect(await run('token revoke x')).to.include({ code: 2, stdout: '' })
  })

  it('prints help with 0', async () => {
    const { code, stdout } = await run('--help')
    expect(code).to.equal(0)
    for (const name of ['serve', 'migrate', 'createsuperuser', 'user', 'token', 'doctor'])
      expect(stdout).to.contain(`  ${name}`)
  })
})

/** As an operator knows it. */
function nameOf({ env }: Database): string {
  const { pathname, host } = new URL(env.DATABASE_URL)
  return isSqlite ? pathname : `${pathname.slice(1)} at ${host}`
}
