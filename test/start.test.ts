import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { isSqlite } from '../src/platform/database/connection.js'
import { freePort } from './postgres.js'
import { expectWithin, freshDatabase, latchkey, refusedStart, ServerProcess } from './process.js'
import { sql } from './sql.js'

const FIRST = { LATCHKEY_SUPERUSER_USERNAME: 'Srinivas', LATCHKEY_SUPERUSER_PASSWORD: 'admin123' }
const KEY = 'q83vEjRWeJq83vAb5T0bSm3lVvLZr1hQ8yKkXw2N7cU='

describe('a start', function () {
  this.timeout(60_000)

  let database: Awaited<ReturnType<typeof freshDatabase>>
  let server: ServerProcess | undefined

  beforeEach(async () => {
    database = await freshDatabase()
  })

  afterEach(async () => {
    await server?.stop('SIGKILL')
    server = undefined
    await database.remove()
  })

  const start = async (env: Record<string, string> = {}) => {
    server = await ServerProcess.start({ ...database.env, ...env })
    return server
  }

  const token = async () => {
    const answer = await server!.fetch('/gettoken/', { json: { username: 'Srinivas', password: 'admin123' } })
    return ((await answer.json()) as { token: string }).token
  }

  it('with the two variables makes the first superuser, once', async () => {
    await start(FIRST)
    expect(await token()).to.match(/^lk_/)
    expect(server!.stderr).to.equal('')
    await server!.stop()
    await start({ ...FIRST, LATCHKEY_SUPERUSER_USERNAME: 'other' })
    expect((await server!.fetch('/gettoken/', { json: { username: 'other', password: 'admin123' } })).status).to.equal(
      400,
    )
  })

  it('without a superuser prints one setup link, which works once', async () => {
    await start()
    expect(server!.stderr).to.match(/^http:\/\/localhost:\d+\/admin\/#setup=[\w-]{43}\n$/)
    const secret = server!.stderr.trim().split('=')[1]!
    expect(server!.log.replace(server!.stderr, '')).not.to.contain(secret)
    const first = { secret, username: 'Srinivas', password: 'tea-for-2-at-4' }
    expect((await server!.fetch('/api/setup', { json: first })).status).to.equal(201)
    expect((await server!.fetch('/api/setup', { json: first })).status).to.equal(400)
    await server!.stop()
    await start()
    expect(server!.stderr).to.equal('')
  })

  it('replaces the setup link of the start before', async () => {
    await start()
    const old = server!.stderr.trim().split('=')[1]!
    await server!.stop()
    await start({ LATCHKEY_PUBLIC_URL: 'https://tokens.example.com' })
    expect(server!.stderr).to.match(/^https:\/\/tokens\.example\.com\/admin\/#setup=/)
    const answer = await server!.fetch('/api/setup', {
      json: { secret: old, username: 'a', password: 'tea-for-2-at-4' },
    })
    expect(answer.status).to.equal(400)
  })

  it('keeps users, tokens and rows over a restart', async () => {
    await start(FIRST)
    const value = await token()
    await server!.fetch('/api/emp_viewset', { token: value, json: { empid: 1, empname: 'x', salary: 1 } })
    await server!.stop()
    await start()
    expect((await server!.fetch('/api/emp_viewset/1', { token: value })).status).to.equal(200)
    expect(await token()).to.equal(value)
  })

  it('answers /healthz and /readyz', async () => {
    await start()
    expect(await (await server!.fetch('/healthz')).json()).to.deep.equal({ status: 'alive' })
    expect(await (await server!.fetch('/readyz')).json()).to.deep.equal({ status: 'ready' })
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    it(`ends on ${signal} with 0 after what is in flight`, async () => {
      await start(FIRST)
      const inFlight = server!.fetch('/gettoken/', { json: { username: 'Srinivas', password: 'admin123' } })
      await server!.fetch('/healthz')
      const ended = server!.stop(signal)
      expect((await inFlight).status).to.equal(200)
      expect(await ended).to.equal(0)
      expect(server!.lines.at(-1)).to.include({ msg: 'stopped' })
    })

  it('tells a balancer that it stops before it does', async () => {
    await start()
    const ended = server!.stop('SIGTERM')
    const statuses: number[] = []
    for (;;) {
      const answer = await server!.fetch('/readyz').catch(() => undefined)
      if (!answer) break
      statuses.push(answer.status)
    }
    expect(statuses).to.include(503)
    expect(await ended).to.equal(0)
  })

  it('writes one JSON line a request, without a secret, also in a failure', async () => {
    await start(FIRST)
    const value = await token()
    const forged = encodeURIComponent('x\n{"level":"info"}\u001b[2J\u2028')
    await server!.fetch(`/api/emp_viewset/${forged}?token=${value}`, { token: value })
    await server!.fetch('/gettoken/', { json: { username: 'a\nlevel=info', password: 'planted-password-1' } })
    await server!.fetch('/gettoken/?username=a&password=planted-password-2')
    await server!.fetch('/api/users', { token: value, json: { username: 'ravi', password: 'planted-password-3' } })
    await server!.stop()
    for (const secret of [
      value,
      'admin123',
      'planted-password',
      Buffer.from('planted-password').toString('base64'),
      'planted-database-password',
    ])
      expect(server!.log).not.to.contain(secret)
    const requests = server!.lines.filter(({ msg }) => msg === 'request')
    expect(requests).to.have.lengthOf(5)
    for (const line of requests)
      expect(line).to.have.all.keys(
        'level',
        'time',
        'request_id',
        'method',
        'path',
        'status',
        'milliseconds',
        'address',
        'msg',
        ...('user_id' in line ? ['user_id'] : []),
      )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is there is what this test is about.
    expect(server!.log).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/)
  })

  it('behind a stranger ignores what it forwards, and says so once', async () => {
    await start(FIRST)
    const value = await token()
    const forwarded = {
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'https',
    }
    for (let round = 0; round < 3; round++)
      expect(
        await (
          await fetch(`${server!.url}/api/`, { headers: { Authorization: `Token ${value}`, ...forwarded } })
        ).json(),
      ).to.deep.equal({
        emp_viewset: `${server!.url}/api/emp_viewset`,
      })
    await server!.stop()
    expect(server!.lines.filter(({ msg }) => String(msg).includes('LATCHKEY_TRUST_PROXY'))).to.have.lengthOf(1)
    expect(server!.log).not.to.contain('203.0.113.9')
  })

  it('behind a trusted proxy takes address, host and scheme from it', async () => {
    await start({ ...FIRST, LATCHKEY_TRUST_PROXY: '127.0.0.0/8', LATCHKEY_ALLOWED_HOSTS: 'api.example.com' })
    const value = await token()
    const forwarded = {
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Host': 'api.example.com',
      'X-Forwarded-Proto': 'https',
    }
    const answer = await fetch(`${server!.url}/api/`, { headers: { Authorization: `Token ${value}`, ...forwarded } })
    expect(await answer.json()).to.deep.equal({ emp_viewset: 'https://api.example.com/api/emp_viewset' })
    await server!.stop()
    expect(server!.log).to.contain('203.0.113.9')
  })

  const wrong: [name: string, value: string][] = [
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['HOST', 'planted.invalid'],
    ['DATABASE_URL', 'mysql://u:planted@h/d'],
    ['DATABASE_URL', 'postgres://u:planted@'],
    ['DATABASE_URL', 'postgres://u:planted@127.0.0.1/d?sslmode=prefer'],
    ['DATABASE_URL', 'sqlite::memory:'],
    ['LATCHKEY_PUBLIC_URL', 'tokens.example.com'],
    ['LATCHKEY_PUBLIC_URL', 'https://tokens.example.com/planted'],
    ['LATCHKEY_ALLOWED_HOSTS', '*.planted.example'],
    ['LATCHKEY_SECRET_KEY', 'planted'],
    ['LATCHKEY_SECRET_KEY', 'not base64 planted'],
    ['LATCHKEY_SECRET_KEY', Buffer.alloc(32).toString('base64')],
    ['LATCHKEY_SECRET_KEY', Buffer.from('planted-change-me-change-me-change-me').toString('base64')],
    ['LATCHKEY_TRUST_PROXY', 'true'],
    ['LATCHKEY_TRUST_PROXY', 'planted'],
    ['LATCHKEY_LOG_LEVEL', 'planted'],
    ['LATCHKEY_DOCS', 'planted'],
    ['LATCHKEY_SUPERUSER_PASSWORD', 'planted'],
    ['LATCHKEY_TOKEN_MAX_AGE', 'planted'],
    ['LATCHKEY_EVENTS_MAX_AGE', '0d'],
    ['DATABASE_URL', 'postgres://u:planted%ZZ@127.0.0.1/d'],
    ['DATABASE_URL', 'postgres://u:p@127.0.0.1/d?sslmode=require&sslrootcert=/planted.pem'],
  ]
  for (const [name, value] of wrong)
    it(`with ${name}=${value.slice(0, 30)} is refused in one line that names it, without the value`, async () => {
      const { code, stdout, stderr } = await refusedStart({ ...database.env, [name]: value })
      expect(code, stderr).to.equal(1)
      expect(stdout).not.to.contain('listening')
      expect(stderr).to.match(
        new RegExp(`^latchkey: .*${name.replace('SUPERUSER_PASSWORD', 'SUPERUSER_USERNAME')}[^\\n]*\\n$`),
      )
      expect(stderr).not.to.contain('planted')
    })

  for (const [name, value] of [
    ['LATCHKEY_SUPERUSER_USERNAME', 'planted name'],
    ['LATCHKEY_SUPERUSER_PASSWORD', 'planted'.repeat(200)],
  ])
    it(`with a first superuser whose ${name} cannot be used is refused`, async () => {
      const { code, stderr } = await refusedStart({ ...database.env, ...FIRST, [name!]: value! })
      expect(code).to.equal(1)
      expect(stderr).to.match(
        /^latchkey: LATCHKEY_SUPERUSER_USERNAME or LATCHKEY_SUPERUSER_PASSWORD cannot be used: [^\n]*\n$/,
      )
      expect(stderr).not.to.contain('planted')
    })

  it('is ready only when the first superuser is there', async () => {
    const port = String(await freePort())
    const starting = start({ ...FIRST, PORT: port })
    const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status === 200
    await expectWithin(10_000, ready)
    const body = JSON.stringify({ username: 'Srinivas', password: 'admin123' })
    const answer = await fetch(`http://127.0.0.1:${port}/gettoken/`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json' },
    })
    expect(answer.status).to.equal(200)
    await starting
  })

  it('logs the reason of a failure, and none of it to the client', async () => {
    await start(FIRST)
    const value = await token()
    await sql(database.env.DATABASE_URL!, 'DROP TABLE employees')
    const answer = await server!.fetch('/api/emp_viewset', { token: value })
    expect(answer.status).to.equal(500)
    expect(await answer.text()).not.to.match(/employees"|table|relation|sequelize|at /i)
    await server!.stop()
    const [failure] = server!.lines.filter(({ msg }) => msg === 'request failed')
    expect(JSON.stringify(failure)).to.match(/no such table|relation .* does not exist/)
  })

  it('with a longest life for tokens bounds every new one', async () => {
    await start({ ...FIRST, LATCHKEY_TOKEN_MAX_AGE: '30d' })
    const value = await token()
    const most = Date.now() + 30 * 86_400_000
    const answer = await server!.fetch('/api/', { token: value })
    expect(new Date(answer.headers.get('token-expires-at')!).getTime()).to.be.closeTo(most, 60_000)
    const make = async (expires_at: string | null) =>
      server!.fetch('/api/tokens', { token: value, json: { name: 'x', scopes: ['employees:read'], expires_at } })
    expect((await make(new Date(most + 86_400_000).toISOString())).status).to.equal(400)
    const made = (await (await make(null)).json()) as { expires_at: string }
    expect(new Date(made.expires_at).getTime()).to.be.closeTo(most, 60_000)
  })

  it('records its settings when they have changed, without secrets', async () => {
    for (const hosts of ['', '', 'api.example.com']) {
      await start({ ...FIRST, LATCHKEY_ALLOWED_HOSTS: hosts })
      await server!.stop()
    }
    const rows = await sql(
      database.env.DATABASE_URL!,
      "SELECT detail FROM events WHERE action = 'settings.changed' ORDER BY id",
    )
    expect(rows).to.have.lengthOf(2)
    expect(rows[1]!.detail).to.contain('api.example.com')
    expect(JSON.stringify(rows)).not.to.match(/admin123|planted/)
  })

  it('without the docs has the document and the admin site all the same', async () => {
    await start({ LATCHKEY_DOCS: 'off' })
    const statuses = ['/docs/', '/openapi.json', '/admin/'].map(async (path) => (await server!.fetch(path)).status)
    expect(await Promise.all(statuses)).to.deep.equal([404, 200, 200])
  })

  it('on a taken port is refused and names PORT', async () => {
    const port = String(await freePort())
    await start({ PORT: port })
    const { code, stderr } = await refusedStart({ ...database.env, PORT: port })
    expect(code).to.equal(1)
    expect(stderr).to.equal('latchkey: PORT cannot be used (EADDRINUSE)\n')
  })

  it('with another key is refused and names the variable', async () => {
    await start({ ...FIRST, LATCHKEY_SECRET_KEY: KEY })
    await server!.stop()
    const other = Buffer.from(KEY, 'base64').reverse().toString('base64')
    const { code, stderr } = await refusedStart({ ...database.env, LATCHKEY_SECRET_KEY: other })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: LATCHKEY_SECRET_KEY lacks a key that this database needs[^\n]*\n$/)
    await start({ LATCHKEY_SECRET_KEY: `${other},${KEY}` })
    expect(await token()).to.match(/^lk_/)
  })

  it('with a database of a newer version is refused', async () => {
    await start(FIRST)
    await server!.stop()
    const { env } = database
    await sql(env.DATABASE_URL!, "INSERT INTO migrations (name) VALUES ('9999-future')")
    const { code, stderr } = await refusedStart(env)
    expect(code).to.equal(1)
    expect(stderr).to.equal('latchkey: the database was written by a newer version of latchkey (9999-future)\n')
    expect((await latchkey(['doctor'], env)).code).to.equal(1)
  })

  if (isSqlite) onlyOnSqlite()
  else onlyOnPostgres()

  function onlyOnSqlite() {
    const file = () => join(database.folder, 'db.sqlite3')

    it('keeps its key in a file that only its owner reads', async () => {
      await start(FIRST)
      expect(statSync(`${file()}.key`).mode & 0o777).to.equal(0o600)
      expect(
        readdirSync(database.folder).filter((name) => !/^db\.sqlite3(-wal|-shm|\.key)?$/.test(name)),
      ).to.deep.equal([])
    })

    it('without its key file is refused, and makes no other', async () => {
      await start(FIRST)
      await server!.stop()
      rmSync(`${file()}.key`)
      const { code, stderr } = await refusedStart(database.env)
      expect(code).to.equal(1)
      expect(stderr).to.match(/^latchkey: LATCHKEY_SECRET_KEY is missing and so is [^\n]*\n$/)
      expect(existsSync(`${file()}.key`)).to.equal(false)
    })

    const damages: [what: string, damage: () => void, sentence: RegExp][] = [
      ['truncated', () => truncateSync(file(), 8192), /damaged/],
      ['overwritten', () => writeFileSync(file(), 'x'.repeat(50_000)), /damaged/],
      ['emptied', () => truncateSync(file(), 0), /is empty/],
      ['deleted, its key left behind', () => rmSync(file()), /is gone while/],
    ]
    for (const [what, damage, sentence] of damages)
      it(`with a file that was ${what} is refused, and puts no new one in its place`, async () => {
        await start(FIRST)
        await server!.stop()
        damage()
        const before = existsSync(file()) ? readFileSync(file()) : undefined
        const { code, stderr } = await refusedStart(database.env)
        expect(code, stderr).to.equal(1)
        expect(stderr)
          .to.match(sentence)
          .and.match(/^latchkey: [^\n]*\n$/)
        expect(existsSync(file()) ? readFileSync(file()) : undefined).to.deep.equal(before)
      })

    it('in a directory that is not there is refused, and makes none', async () => {
      const missing = join(database.folder, 'missing', 'db.sqlite3')
      const { code, stderr } = await refusedStart({ DATABASE_URL: `sqlite:${missing}` })
      expect(code).to.equal(1)
      expect(stderr).to.match(/^latchkey: DATABASE_URL: there is no directory [^\n]*\n$/)
      expect(existsSync(join(database.folder, 'missing'))).to.equal(false)
    })

    it('on a directory is refused', async () => {
      mkdirSync(file())
      expect((await refusedStart(database.env)).stderr).to.match(/^latchkey: DATABASE_URL: [^\n]* is not a file\n$/)
    })

    it('keeps passwords and tokens out of every file', async () => {
      await start(FIRST)
      const value = await token()
      const minted: string[] = []
      for (let index = 0; index < 1000; index++) {
        const made = await server!.fetch('/api/tokens', {
          token: value,
          json: { name: `n${index}`, scopes: ['employees:read'] },
        })
        minted.push(((await made.json()) as { token: string }).token)
      }
      const copies = readdirSync(database.folder).map((name) => readFileSync(join(database.folder, name), 'latin1'))
      expect(copies.join()).to.contain('Srinivas')
      const everything = copies.join() + server!.log
      for (const secret of [...minted, value]) expect(everything.includes(secret.slice(3, 46))).to.equal(false)
      expect(everything).not.to.contain('admin123')
    })

    it('of two processes on one file works', async () => {
      await start(FIRST)
      const value = await token()
      const second = await ServerProcess.start(database.env)
      const rows = Array.from({ length: 40 }, (_, empid) => ({ empid, empname: 'x', salary: 1 }))
      const answers = await Promise.all(
        rows.map((json, index) => (index % 2 ? server! : second).fetch('/api/emp_viewset', { token: value, json })),
      )
      expect(answers.map(({ status }) => status)).to.deep.equal(Array(40).fill(201))
      await second.stop()
    })

    it('from a copy of the folder works', async () => {
      await start(FIRST)
      const value = await token()
      await server!.stop()
      const copy = join(database.folder, 'copy')
      mkdirSync(copy)
      for (const name of ['db.sqlite3', 'db.sqlite3.key']) copyFileSync(join(database.folder, name), join(copy, name))
      await start({ DATABASE_URL: `sqlite:${join(copy, 'db.sqlite3')}` })
      expect((await server!.fetch('/api/', { token: value })).status).to.equal(200)
    })
  }

  function onlyOnPostgres() {
    it('without a key is refused and names the variable', async () => {
      const { code, stderr } = await refusedStart({ ...database.env, LATCHKEY_SECRET_KEY: '' })
      expect(code).to.equal(1)
      expect(stderr).to.match(/^latchkey: LATCHKEY_SECRET_KEY is missing[^\n]*\n$/)
    })

    it('without a server is refused in one line, without the password', async () => {
      const url = new URL(database.env.DATABASE_URL!)
      url.port = String(await freePort())
      const { code, stderr } = await refusedStart({ ...database.env, DATABASE_URL: url.href })
      expect(code).to.equal(1)
      expect(stderr)
        .to.match(/^latchkey: [^\n]*ECONNREFUSED[^\n]*\n$/)
        .and.not.contain('planted')
    })

    it('of five nodes at once migrates once', async () => {
      const nodes = await Promise.all(
        Array.from({ length: 5 }, () => ServerProcess.start({ ...database.env, ...FIRST })),
      )
      for (const node of nodes) expect((await node.fetch('/readyz')).status).to.equal(200)
      await Promise.all(nodes.map((node) => node.stop()))
    })
  }
})
