import { spawn } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { type Database, freshDatabase } from '../databases.js'
import { CREDENTIALS, FIRST, latchkey, ServerProcess } from '../process.js'
import { sql } from '../sql.js'

const KILLS = Number(process.env.FAULT_ROUNDS ?? 10)

/** Pieces enough that none of the kills comes after the end. */
const [USERS, EMPLOYEES] = [30_000, 5000]

/** What an import leaves, but for the ids, which a counter of PostgreSQL gives once, and for seals, of which no two are alike. */
const LEFT: Record<string, string> = {
  users: `SELECT username, username_folded, email, is_active, is_staff, is_superuser, imported_hash IS NULL AS without
    FROM users ORDER BY username`,
  joined: "SELECT username, date_joined FROM users WHERE username <> 'first' ORDER BY username",
  tokens: `SELECT digest, kind, hint, created_at, username FROM tokens JOIN users ON users.id = user_id ORDER BY digest`,
  memberships: `SELECT username, name FROM memberships JOIN users ON users.id = user_id JOIN groups ON groups.id = group_id
    ORDER BY username, name`,
  groups: 'SELECT name, scopes FROM groups ORDER BY name',
  employees: 'SELECT * FROM employees ORDER BY empid',
  origins: 'SELECT source, kind, origin, brought FROM origins ORDER BY source, kind, origin',
  events:
    'SELECT action, object, detail, count(*) AS times FROM events GROUP BY action, object, detail ORDER BY 1, 2, 3',
}

/** Of `password`, salted SHA-1 as Django up to 1.3 made it, so that the file is quickly made. */
const HASH = `sha1$abcde$${createHash('sha1').update('abcdepassword').digest('hex')}`

const keyOf = (user: number) => createHash('sha1').update(`key ${user}`).digest('hex')

/** A dump of so many users, each with a group and a token, and of employees. */
async function dumpOf(count: number, { employees = 0 } = {}): Promise<string> {
  const file = join(tmpdir(), `latchkey-dump-${process.pid}-${count}.jsonl`)
  const out = createWriteStream(file)
  const put = async (record: object) => {
    if (!out.write(`${JSON.stringify(record)}\n`)) await once(out, 'drain')
  }
  for (let group = 1; group <= 20; group++)
    await put({ model: 'auth.group', pk: group, fields: { name: `Group ${group}` } })
  for (let user = 1; user <= count; user++)
    await put({
      model: 'auth.user',
      pk: user,
      fields: {
        password: HASH,
        last_login: null,
        is_superuser: false,
        username: `user${user}`,
        email: `user${user}@example.com`,
        is_staff: false,
        is_active: true,
        date_joined: '2026-01-05T08:30:15.123Z',
        groups: [(user % 20) + 1],
        user_permissions: [],
      },
    })
  for (let user = 1; user <= count; user++)
    await put({ model: 'authtoken.token', pk: keyOf(user), fields: { user, created: '2026-01-05T08:30:15Z' } })
  for (let empid = 1; empid <= employees; empid++)
    await put({ model: 'shop.employee', pk: empid, fields: { empname: `Employee ${empid}`, salary: '20000.00' } })
  out.end()
  await once(out, 'finish')
  return file
}

describe('an import of a large project', function () {
  this.timeout(600_000)

  let database: Database
  let server: ServerProcess | undefined

  beforeEach(async () => {
    database = await freshDatabase()
  })

  afterEach(async () => {
    await server?.stop('SIGKILL')
    server = undefined
    await database.remove()
  })

  const count = async (table: string) =>
    Number((await sql(database.env.DATABASE_URL, `SELECT count(*) AS n FROM ${table}`))[0]!.n)

  const counts = async () => ({
    users: await count('users'),
    tokens: await count('tokens'),
    memberships: await count('memberships'),
  })

  it('of 100,000 users leaves a service that runs to its clients, and needs no restart of it', async () => {
    const file = await dumpOf(100_000)
    server = await ServerProcess.start({ ...database.env, ...FIRST })
    const value = await server.signIn()
    const started = performance.now()
    const child = spawn(
      '/usr/bin/env',
      ['time', '-f', '%M', process.execPath, 'build/src/cli.js', 'import', 'django', file, '--json'],
      {
        env: { ...process.env, LATCHKEY_SECRET_KEY: '', ...database.env },
      },
    )
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => (stdout += chunk))
    child.stderr.on('data', (chunk) => (stderr += chunk))
    const done = once(child, 'exit')
    let isDone = false
    void done.then(() => (isDone = true))
    const beside = async (request: () => Promise<Response>, wanted: number, pause: number) => {
      const times: number[] = []
      while (!isDone) {
        const begun = performance.now()
        const { status } = await request()
        times.push(performance.now() - begun)
        expect(status).to.equal(wanted)
        await wait(pause)
      }
      return times.sort((one, other) => one - other)
    }
    let empid = 0
    const write = () =>
      server!.fetch('/api/emp_viewset/', { token: value, json: { empid: ++empid, empname: 'Beside', salary: '1.00' } })
    const [reads, writes] = await Promise.all([
      beside(() => server!.fetch('/api/emp_viewset?limit=1', { token: value }), 200, 10),
      beside(write, 201, 50),
    ])
    const seconds = (performance.now() - started) / 1000
    expect((await done)[0], stderr).to.equal(0)
    const [ofReads, ofWrites] = [reads, writes].map((times) => times[Math.floor(times.length * 0.99)]!)
    const megabytes = Number(stderr.trim().split('\n').at(-1)) / 1024
    console.log(
      `      ${seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB; p99 of ${reads.length} reads ${ofReads!.toFixed(1)} ms, of ${writes.length} writes ${ofWrites!.toFixed(1)} ms, the longest ${writes.at(-1)!.toFixed(1)} ms`,
    )
    await rm(file)
    expect(JSON.parse(stdout).came).to.include({ users: 100_000, account_tokens: 100_000 })
    for (const user of [1, 50_000, 100_000]) {
      const { status } = await server.fetch('/api/emp_viewset', { token: keyOf(user) })
      expect(status).to.equal(200)
    }
    const answer = await server.fetch('/gettoken/', {
      json: { ...CREDENTIALS, username: 'user99999', password: 'password' },
    })
    expect([answer.status, ((await answer.json()) as { token: string }).token]).to.deep.equal([200, keyOf(99_999)])
    expect(ofReads).to.be.below(100)
    expect(ofWrites).to.be.below(1000)
    expect(seconds).to.be.below(20)
    expect(megabytes).to.be.below(400)
  })

  it('that is killed is completed by the next run, and leaves what a run leaves that nobody kills', async () => {
    const file = await dumpOf(USERS, { employees: EMPLOYEES })
    const args = ['import', 'django', file, '--resource', 'employees=shop.employee']
    const undisturbed = await freshDatabase()
    try {
      for (const { env } of [undisturbed, database]) await latchkey(['user', 'create', 'first', '--no-password'], env)
      const started = performance.now()
      const { code, stderr } = await latchkey(args, undisturbed.env)
      expect(code, stderr).to.equal(0)
      const duration = performance.now() - started
      for (let kill = 0; kill < KILLS; kill++) {
        const child = spawn(process.execPath, ['build/src/cli.js', ...args], {
          env: { ...process.env, LATCHKEY_SECRET_KEY: '', ...database.env },
        })
        const ended = once(child, 'exit')
        // While it reads and plans, while users are written, and while rows are.
        const table = kill === KILLS - 1 ? 'employees' : 'users'
        const isWriting = kill % 3 > 0 || kill === KILLS - 1
        const before = await count(table)
        while (isWriting && child.exitCode === null && (await count(table)) === before) await wait(10)
        await wait(randomInt(0, table === 'employees' ? 20 : isWriting ? 150 : Math.round(duration / 2)))
        child.kill('SIGKILL')
        const [code] = await ended
        const { users, tokens, memberships } = await counts()
        expect([tokens, memberships]).to.deep.equal([users - 1, users - 1])
        console.log(
          `      ${code === null ? 'killed' : 'done'} with ${users - 1} users, ${await count('employees')} employees`,
        )
      }
      const last = await latchkey(args, database.env)
      expect(last.code, last.stderr).to.equal(0)
      for (const [what, statement] of Object.entries(LEFT)) {
        const [left, wanted] = await Promise.all(
          [database, undisturbed].map(({ env }) => sql(env.DATABASE_URL, statement)),
        )
        expect(left!.length, what).to.be.above(0)
        expect(JSON.stringify(left) === JSON.stringify(wanted), what).to.equal(true)
      }
      expect((await latchkey(['events', 'verify'], database.env)).code).to.equal(0)
    } finally {
      await undisturbed.remove()
      await rm(file)
    }
  })

  it('ends between two pieces at Ctrl-C, and the next run brings the rest', async () => {
    const file = await dumpOf(20_000)
    const child = spawn(process.execPath, ['build/src/cli.js', 'import', 'django', file], {
      env: { ...process.env, LATCHKEY_SECRET_KEY: '', ...database.env },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    for (let users = 0; users === 0 && child.exitCode === null; await wait(1)) ({ users } = await counts())
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).to.equal(1)
    const { users } = await counts()
    expect(users).to.be.above(0).and.below(20_000)
    expect((await latchkey(['import', 'django', file], database.env)).code).to.equal(0)
    expect(await counts()).to.deep.equal({ users: 20_000, tokens: 20_000, memberships: 20_000 })
    await rm(file)
  })
})
