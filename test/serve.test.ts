import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { type Database, freshDatabase } from './databases.js'
import { REAL_HASHES } from './hashes.js'
import { freePort } from './postgres.js'
import { CREDENTIALS, expectWithin, FIRST, latchkey, refusedStart, ServerProcess } from './process.js'
import { sql } from './sql.js'

const KEY = 'q83vEjRWeJq83vAb5T0bSm3lVvLZr1hQ8yKkXw2N7cU='

const FORWARDED = {
  'X-Forwarded-For': '203.0.113.9',
  'X-Forwarded-Host': 'api.example.com',
  'X-Forwarded-Proto': 'https',
}

describe('a server', function () {
  this.timeout(60_000)

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

  const start = async (env: Record<string, string> = {}) => {
    server = await ServerProcess.start({ ...database.env, ...env })
    return server
  }

  it('answers /healthz and /readyz', async () => {
    await start()
    expect(await (await server!.fetch('/healthz')).json()).to.deep.equal({ status: 'alive' })
    expect(await (await server!.fetch('/readyz')).json()).to.deep.equal({ status: 'ready' })
  })

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    it(`ends on ${signal} with 0 after what is in flight`, async () => {
      await start({ ...FIRST, ...REAL_HASHES })
      const inFlight = server!.fetch('/gettoken/', { json: CREDENTIALS })
      await server!.fetch('/healthz')
      const ended = server!.stop(signal)
      expect((await inFlight).status).to.equal(200)
      expect(await ended).to.equal(0)
      expect(server!.lines.at(-1)).to.include({ msg: 'stopped' })
    })

  it('goes on stopping in order when its terminal is closed twice', async () => {
    await start({ ...FIRST, ...REAL_HASHES })
    const inFlight = server!.fetch('/gettoken/', { json: CREDENTIALS })
    await server!.fetch('/healthz')
    const ended = server!.stop('SIGHUP')
    server!.child.kill('SIGHUP')
    expect((await inFlight).status).to.equal(200)
    expect(await ended).to.equal(0)
  })

  it('goes on when its log cannot be written', async () => {
    const port = String(await freePort())
    const full = openSync('/dev/full', 'w')
    const env = { ...process.env, ...database.env, PORT: port, LATCHKEY_LOG_LEVEL: 'info' }
    const child = spawn(process.execPath, ['build/src/server.js'], { env, stdio: ['ignore', full, 'ignore'] })
    closeSync(full)
    try {
      const alive = async () => (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.status === 200
      await expectWithin(20_000, alive)
      // Its lines are written ten times a second at the latest.
      for (let round = 0; round < 10; round++, await wait(50)) expect(await alive()).to.equal(true)
    } finally {
      child.kill('SIGINT')
    }
    expect(await once(child, 'exit')).to.deep.equal([0, null])
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
    const value = await server!.signIn()
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
        ...['operation', 'user_id', 'token_id', 'token_hint', 'reason'].filter((name) => name in line),
      )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is there is what this test is about.
    expect(server!.log).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/)
  })

  it('ignores forwarded headers of a stranger, and says so once', async () => {
    await start(FIRST)
    const headers = { Authorization: `Token ${await server!.signIn()}`, ...FORWARDED }
    for (let round = 0; round < 3; round++)
      expect(await (await fetch(`${server!.url}/api/`, { headers })).json()).to.deep.equal({
        emp_viewset: `${server!.url}/api/emp_viewset`,
      })
    await server!.stop()
    expect(server!.lines.filter(({ msg }) => String(msg).includes('LATCHKEY_TRUST_PROXY'))).to.have.lengthOf(1)
    expect(server!.log).not.to.contain('203.0.113.9')
  })

  it('takes address, host and scheme from a trusted proxy', async () => {
    await start({ ...FIRST, LATCHKEY_TRUST_PROXY: '127.0.0.0/8', LATCHKEY_ALLOWED_HOSTS: 'api.example.com' })
    const headers = { Authorization: `Token ${await server!.signIn()}`, ...FORWARDED }
    const answer = await fetch(`${server!.url}/api/`, { headers })
    expect(await answer.json()).to.deep.equal({ emp_viewset: 'https://api.example.com/api/emp_viewset' })
    await server!.stop()
    expect(server!.log).to.contain('203.0.113.9')
  })

  it('is ready only when the first superuser is there', async () => {
    const port = String(await freePort())
    const starting = start({ ...FIRST, ...REAL_HASHES, PORT: port })
    const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status === 200
    await expectWithin(10_000, ready)
    const answer = await fetch(`http://127.0.0.1:${port}/gettoken/`, {
      method: 'POST',
      body: JSON.stringify(CREDENTIALS),
      headers: { 'Content-Type': 'application/json' },
    })
    expect(answer.status).to.equal(200)
    await starting
    const [row] = await sql(database.env.DATABASE_URL, 'SELECT password_hash FROM users')
    expect(row!.password_hash, 'hashed at the cost of production').to.match(/^\$2b\$12\$/)
  })

  it('logs the reason of a failure, and none of it to the client', async () => {
    await start(FIRST)
    const value = await server!.signIn()
    await sql(database.env.DATABASE_URL, 'DROP TABLE employees')
    const answer = await server!.fetch('/api/emp_viewset', { token: value })
    expect(answer.status).to.equal(500)
    expect(await answer.text()).not.to.match(/employees"|table|relation|sequelize|at /i)
    await server!.stop()
    const [failure] = server!.lines.filter(({ msg }) => msg === 'request failed')
    expect(JSON.stringify(failure)).to.match(/no such table|relation .* does not exist/)
  })

  it('with a longest life for tokens bounds every new one', async () => {
    await start({ ...FIRST, LATCHKEY_TOKEN_MAX_AGE: '30d' })
    const value = await server!.signIn()
    const most = Date.now() + 30 * 86_400_000
    const answer = await server!.fetch('/api/', { token: value })
    expect(new Date(answer.headers.get('token-expires-at')!).getTime()).to.be.closeTo(most, 60_000)
    const make = async (expires_at: string | null) =>
      server!.fetch('/api/tokens', { token: value, json: { name: 'x', scopes: ['employees:read'], expires_at } })
    expect((await make(new Date(most + 86_400_000).toISOString())).status).to.equal(400)
    const made = (await (await make(null)).json()) as { expires_at: string }
    expect(new Date(made.expires_at).getTime()).to.be.closeTo(most, 60_000)
  })

  it('without the docs has the document and the admin site all the same', async () => {
    await start({ LATCHKEY_DOCS: 'off' })
    const statuses = ['/docs/', '/openapi.json', '/admin/'].map(async (path) => (await server!.fetch(path)).status)
    expect(await Promise.all(statuses)).to.deep.equal([404, 200, 200])
  })

  it('on a taken port is refused, names PORT and says what to do', async () => {
    const port = String(await freePort())
    await start({ PORT: port })
    const { code, stderr } = await refusedStart({ ...database.env, PORT: port })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: PORT is in use: stop [^\n]* or set another one, as in PORT=8001 npm start\n$/)
  })

  it('with another key is refused and names the variable', async () => {
    await start({ ...FIRST, LATCHKEY_SECRET_KEY: KEY })
    await server!.stop()
    const other = Buffer.from(KEY, 'base64').reverse().toString('base64')
    const { code, stderr } = await refusedStart({ ...database.env, LATCHKEY_SECRET_KEY: other })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: LATCHKEY_SECRET_KEY lacks a key that this database needs[^\n]*\n$/)
    await start({ LATCHKEY_SECRET_KEY: `${other},${KEY}` })
    expect(await server!.signIn()).to.match(/^lk_/)
  })

  it('with a database of a newer version is refused, and doctor says so too', async () => {
    const { env } = database
    await sql(env.DATABASE_URL, "INSERT INTO migrations (name) VALUES ('9999-future')")
    const reason = 'the database was written by a newer version of latchkey (9999-future)'
    const { code, stderr } = await refusedStart(env)
    expect(code).to.equal(1)
    expect(stderr).to.equal(`latchkey: ${reason}\n`)
    const doctor = await latchkey(['doctor'], env)
    expect(doctor).to.include({ code: 1, stderr: '' })
    expect(doctor.stdout).to.contain(`FAIL schema: ${reason}; do: start that version`)
  })

  // What else can be wrong with a setting, config.test.ts shows.
  for (const [name, value] of [
    ['PORT', 'planted'],
    ['HOST', 'planted.invalid'],
  ])
    it(`with ${name}=${value} is refused in one line that names it, without the value`, async () => {
      const { code, stdout, stderr } = await refusedStart({ ...database.env, [name!]: value! })
      expect(code, stderr).to.equal(1)
      expect(stdout).not.to.contain('listening')
      expect(stderr).to.match(new RegExp(`^latchkey: ${name} [^\\n]*\\n$`))
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
})
