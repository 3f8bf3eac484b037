import { randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { expect } from 'chai'
import pg from 'pg'
import { Event } from '../src/audit/event.js'
import { type Settings, settings } from '../src/platform/config.js'
import { isSqlite } from '../src/platform/database/connection.js'
import { write } from '../src/platform/database/write-queue.js'
import { VERSION } from '../src/platform/version.js'
import { command } from './command.js'
import { type Database, freshDatabase, onPostgres, onSqlite } from './databases.js'
import { FIRST, latchkey, ServerProcess } from './process.js'
import { sql } from './sql.js'
import { makeUser, superuserClient } from './support.js'

interface Line {
  check: string
  state: 'ok' | 'warn' | 'fail' | 'skip'
  ok: boolean
  detail: string
  advice?: string
}

async function examined(): Promise<{ code: number | null; lines: Line[] }> {
  const { code, stdout, stderr } = await command('doctor --json')
  expect(stderr).to.equal('')
  return { code, lines: JSON.parse(stdout) }
}

const of = (lines: Line[], check: string) => lines.filter((line) => line.check === check)

describe('latchkey doctor', function () {
  this.timeout(20_000)

  it('tells what fails with 1, and that all is well with 0', async () => {
    const before = await command('doctor')
    expect(before.code).to.equal(1)
    expect(before.stdout).to.match(/^FAIL superuser: there is no active superuser; do: run latchkey createsuperuser, /m)
    await makeUser({ isSuperuser: true })
    const { code, lines } = await examined()
    expect(code, JSON.stringify(lines)).to.equal(0)
    expect(lines.every(({ ok }) => ok)).to.equal(true)
  })

  it('says what to do at each line that is not well', async () => {
    const { lines } = await examined()
    for (const { state, advice, check } of lines)
      if (state === 'warn' || state === 'fail') expect(advice, check).to.be.a('string')
  })

  it('verifies the trail, and tells how long it is', async () => {
    await superuserClient()
    const good = of((await examined()).lines, 'trail')
    expect(good[0]!.detail).to.match(/^[1-9]\d* events, unbroken; /)
    await write((transaction) => Event.update({ actor: 'somebody' }, { where: {}, transaction }))
    const { code, lines } = await examined()
    expect(code).to.equal(1)
    expect(of(lines, 'trail')[0]).to.include({ state: 'fail' })
    expect(of(lines, 'trail')[0]!.detail).to.match(/event 1: the row was changed/)
  })

  it('tells which version it is, and of the clock', async () => {
    const { lines } = await examined()
    expect(of(lines, 'nodes')[0]!.detail).to.contain(`this is ${VERSION}`)
    expect(of(lines, 'clock')[0]!.detail).to.match(
      isSqlite ? /uses its clock/ : /^-?\d+ ms between .* give or take \d+ ms$/,
    )
  })

  it('warns of a trail whose newest row is still to come', async () => {
    await superuserClient()
    await write((transaction) => Event.update({ at: new Date(Date.now() + 3_600_000) }, { where: {}, transaction }))
    expect(of((await examined()).lines, 'clock')[1]).to.include({ state: 'warn' })
  })

  const given: [what: string, changes: Partial<Settings>, expected: RegExp][] = [
    ['http', { publicUrl: new URL('http://tokens.example.com') }, /^LATCHKEY_PUBLIC_URL is http: /],
    [
      'a path',
      { publicUrl: new URL('https://example.com/tokens/'), isBehindProxy: true, trustProxy: ['10.0.0.1'] },
      /^LATCHKEY_PUBLIC_URL has a path \(\/tokens\/\): every other application on https:\/\/example\.com passes/,
    ],
    ['https without a proxy', { publicUrl: new URL('https://example.com') }, /^LATCHKEY_TRUST_PROXY is not set while/],
    [
      'a page that is not https',
      { corsOrigins: ['https://app.example.com', 'http://app.example.com'] } as Partial<Settings>,
      /^LATCHKEY_CORS_ORIGINS has http:\/\/app\.example\.com: /,
    ],
    [
      'a proxy that is everybody',
      { trustProxy: ['0.0.0.0/0'], isBehindProxy: true },
      /^LATCHKEY_TRUST_PROXY trusts every/,
    ],
    [
      'a count that all can reach',
      { trustProxy: 1, isBehindProxy: true, host: '0.0.0.0' },
      /is a count \(1\) while HOST/,
    ],
    ['no URL where all can reach it', { host: '::' }, /^LATCHKEY_PUBLIC_URL is not set while HOST is ::/],
    [
      'too many processes',
      { workers: 64 },
      isSqlite ? /^WEB_CONCURRENCY is more than 1 on SQLite/ : /is 64 on \d+ cores/,
    ],
  ]
  for (const [what, changes, expected] of given)
    it(`warns of a setting that works but is probably not meant: ${what}`, async () => {
      const before = { ...settings() }
      Object.assign(settings(), changes)
      try {
        expect(
          of((await examined()).lines, 'settings')
            .map(({ detail }) => detail)
            .join('\n'),
        ).to.match(new RegExp(expected, 'm'))
      } finally {
        Object.assign(settings(), before)
      }
    })
})

describe('latchkey doctor, while a service runs', function () {
  this.timeout(60_000)

  let database: Database

  beforeEach(async () => {
    database = await freshDatabase()
  })

  afterEach(() => database.remove())

  const run = async (env = {}) => {
    const { code, stdout, stderr } = await latchkey(['doctor', '--json'], { ...database.env, ...env })
    return { code, stderr, text: stdout, lines: JSON.parse(stdout) as Line[] }
  }

  it('finds a first start to be well, names the other nodes, and prints no secret', async () => {
    const env = { ...database.env, ...FIRST }
    const server = await ServerProcess.start(env)
    try {
      const token = await server.signIn()
      const { code, text, lines } = await run(FIRST)
      expect(code, text).to.equal(0)
      expect(of(lines, 'superuser')[1]!.detail).to.match(/^LATCHKEY_SUPERUSER_PASSWORD is still set/)
      if (!isSqlite)
        expect(of(lines, 'nodes')[0]!.detail).to.match(new RegExp(`connected: ${VERSION} at .* connections`))
      for (const secret of [token, FIRST.LATCHKEY_SUPERUSER_PASSWORD, database.env.LATCHKEY_SECRET_KEY])
        if (secret) expect(text).not.to.contain(secret)
    } finally {
      await server.stop()
    }
  })

  it('reports all wrong settings at once', async () => {
    const { code, lines } = await run({ PORT: 'x', LATCHKEY_DOCS: 'perhaps', LATCHKEY_ENDED_MAX_AGE: '0' })
    expect(code).to.equal(1)
    expect(lines.map(({ detail }) => detail.split(' ')[0])).to.have.members([
      'PORT',
      'LATCHKEY_DOCS',
      'LATCHKEY_ENDED_MAX_AGE',
    ])
  })

  it('names a variable that is not a setting', async () => {
    const { lines } = await run({ LATCHKEY_TOKEN_MAXAGE: '5m' })
    expect(of(lines, 'settings')[0]!.detail).to.contain('the nearest one is LATCHKEY_TOKEN_MAX_AGE')
  })

  onSqlite('with SQLite', () => {
    it('tells which files others can read, and leaves them so', async () => {
      await (await ServerProcess.start(database.env)).stop()
      const file = database.env.DATABASE_URL.replace('sqlite:', '')
      chmodSync(`${file}.key`, 0o644)
      const warned = () => run().then(({ lines }) => of(lines, 'disk').find(({ advice }) => advice?.includes('.key')))
      expect((await warned())?.state).to.equal('warn')
      expect((await warned())?.advice).to.equal(`chmod 600 ${file}.key`)
    })
  })

  onPostgres('with PostgreSQL', () => {
    const at = (role: string) => {
      const url = new URL(database.env.DATABASE_URL)
      url.username = role
      return { DATABASE_URL: url.href }
    }
    const roles: string[] = []
    const makeRole = async (options = '') => {
      const name = `role_${randomBytes(4).toString('hex')}`
      const { password } = new URL(database.env.DATABASE_URL)
      await sql(
        database.env.DATABASE_URL,
        `CREATE ROLE ${name} LOGIN ${options} PASSWORD '${decodeURIComponent(password)}'`,
      )
      roles.push(name)
      return name
    }
    afterEach(async () => {
      for (const role of roles.splice(0))
        await sql(database.env.DATABASE_URL, `DROP OWNED BY ${role}; DROP ROLE ${role}`)
    })

    it('says that the database is down, and looks at the rest', async () => {
      const { code, lines } = await run({ DATABASE_URL: 'postgres://postgres@127.0.0.1:1/none' })
      expect(code).to.equal(1)
      expect(of(lines, 'database')[0]!.state).to.equal('fail')
      expect(of(lines, 'disk')[0]!.state).to.equal('ok')
      expect(of(lines, 'trail')[0]).to.include({ state: 'skip', ok: false })
    })

    it('says what a role lacks, and the statement that gives it', async () => {
      await (await ServerProcess.start({ ...database.env, ...FIRST })).stop()
      const role = await makeRole()
      await sql(database.env.DATABASE_URL, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`)
      const lacking = of((await run(at(role))).lines, 'rights').find(({ state }) => state === 'fail')!
      expect(lacking.detail).to.match(/INSERT, UPDATE, DELETE on tokens/)
      await sql(database.env.DATABASE_URL, lacking.advice!.replace('run as the owner: ', ''))
      const counters = await run(at(role))
      expect(counters.code, counters.text).to.equal(0)
      const import_ = of(counters.lines, 'rights').find(({ state }) => state === 'warn')!
      await sql(database.env.DATABASE_URL, import_.advice!.replace('run as the owner: ', ''))
      const { code, lines } = await run(at(role))
      expect(code).to.equal(0)
      expect(of(lines, 'rights').map(({ state }) => state)).to.deep.equal(['ok'])
      expect(of(lines, 'rights')[0]!.detail).to.contain('run latchkey migrate as the owner')
    })

    it('warns of connections that do not suffice for all', async () => {
      await (await ServerProcess.start({ ...database.env, ...FIRST })).stop()
      const role = await makeRole('CONNECTION LIMIT 5')
      await sql(
        database.env.DATABASE_URL,
        `GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}`,
      )
      const found = of((await run(at(role))).lines, 'nodes').find(({ state }) => state === 'warn')
      expect(found?.detail).to.match(/can use 10 of the 5 that the server allows/)
    })

    it('warns of a node of another version', async () => {
      await (await ServerProcess.start({ ...database.env, ...FIRST })).stop()
      const other = new pg.Client({
        connectionString: database.env.DATABASE_URL,
        application_name: 'latchkey/0.0.9',
      })
      await other.connect()
      try {
        const { lines } = await run()
        expect(of(lines, 'nodes').find(({ state }) => state === 'warn')?.detail).to.contain('0.0.9')
      } finally {
        await other.end()
      }
    })

    it('warns of a server that may lose what it has acknowledged', async () => {
      const name = new URL(database.env.DATABASE_URL).pathname.slice(1)
      await sql(database.env.DATABASE_URL, `ALTER DATABASE ${name} SET synchronous_commit TO off`)
      const found = of((await run()).lines, 'database').map(({ detail }) => detail)
      expect(found.join()).to.contain('synchronous_commit off')
    })
  })
})
