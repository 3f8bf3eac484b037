import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import pg from 'pg'
import { isSqlite } from '../src/platform/database/connection.js'
import { type Database, emptyDatabase, freshDatabase, onSqlite } from './databases.js'
import { freePort } from './postgres.js'
import { CREDENTIALS, expectWithin, FIRST, latchkey, refusedStart, ServerProcess, unprivileged } from './process.js'
import { sql } from './sql.js'

let database: Database
let server: ServerProcess

async function start(env: Record<string, string> = {}) {
  server = await ServerProcess.start({ ...database.env, ...env })
}

describe('a start with the two variables', function () {
  this.timeout(60_000)
  const OTHER = { username: 'other', password: CREDENTIALS.password }
  let value: string

  before(async () => {
    database = await emptyDatabase()
    await start(FIRST)
    value = await server.signIn()
  })

  after(async () => {
    await server.stop('SIGKILL')
    await database.remove()
  })

  it('makes the first superuser, and offers no setup link', () => {
    expect(value).to.match(/^lk_/)
    expect(server.stderr).to.equal('')
  })

  it('names the database that it has made', () => {
    const [line] = server.lines.filter(({ msg }) => msg === 'made a new database')
    const { pathname } = new URL(database.env.DATABASE_URL)
    expect(line!.database).to.contain(isSqlite ? pathname : `${pathname.slice(1)} at 127.0.0.1:`)
  })

  it('keeps users, tokens and rows over the next one', async () => {
    await server.fetch('/api/emp_viewset', { token: value, json: { empid: 1, empname: 'x', salary: 1 } })
    await server.stop()
    await start({ ...FIRST, LATCHKEY_SUPERUSER_USERNAME: OTHER.username })
    expect((await server.fetch('/api/emp_viewset/1', { token: value })).status).to.equal(200)
    expect(await server.signIn()).to.equal(value)
  })

  it('makes no second superuser', async () => {
    expect((await server.fetch('/gettoken/', { json: OTHER })).status).to.equal(400)
  })

  it('records its settings when they have changed, without secrets', async () => {
    await server.stop()
    await start({ ...FIRST, LATCHKEY_ALLOWED_HOSTS: 'api.example.com' })
    const rows = await sql(
      database.env.DATABASE_URL,
      "SELECT detail FROM events WHERE action = 'settings.changed' ORDER BY id",
    )
    expect(rows).to.have.lengthOf(2)
    expect(rows[1]!.detail).to.contain('api.example.com')
    expect(JSON.stringify(rows)).not.to.match(/admin123|planted/)
  })
})

describe('a start without a superuser', function () {
  this.timeout(60_000)
  const first = { username: 'Srinivas', password: 'tea-for-2-at-4' }
  let old: string

  before(async () => {
    database = await emptyDatabase()
    await start()
  })

  after(async () => {
    await server.stop('SIGKILL')
    await database.remove()
  })

  const secret = () => server.stderr.trim().split('=')[1]!
  const setUp = async (with_: string) =>
    (await server.fetch('/api/setup', { json: { secret: with_, ...first } })).status

  it('prints one setup link, and logs nothing of its secret', () => {
    expect(server.stderr).to.match(/^http:\/\/localhost:\d+\/admin\/#setup=[\w-]{43}\n$/)
    old = secret()
    expect(server.log.replace(server.stderr, '')).not.to.contain(old)
  })

  it('replaces the setup link of the start before', async () => {
    await server.stop()
    await start({ LATCHKEY_PUBLIC_URL: 'https://tokens.example.com' })
    expect(server.stderr).to.match(/^https:\/\/tokens\.example\.com\/admin\/#setup=/)
    expect(await setUp(old)).to.equal(400)
  })

  it('has a setup link that works once', async () => {
    expect(await setUp(secret())).to.equal(201)
    expect(await setUp(secret())).to.equal(400)
  })

  it('prints none when there is a superuser', async () => {
    await server.stop()
    await start()
    expect(server.stderr).to.equal('')
  })
})

onSqlite('a start on SQLite', function () {
  this.timeout(60_000)

  const file = () => join(database.folder, 'db.sqlite3')
  const modes = () =>
    Object.fromEntries(
      readdirSync(database.folder, { recursive: true, encoding: 'utf8' }).map((name) => [
        name,
        (statSync(join(database.folder, name)).mode & 0o777).toString(8),
      ]),
    )

  beforeEach(async () => {
    database = await emptyDatabase()
  })

  afterEach(async () => {
    await server.stop('SIGKILL')
    await database.remove()
  })

  it('keeps its key in a file that only its owner reads', async () => {
    await start(FIRST)
    expect(statSync(`${file()}.key`).mode & 0o777).to.equal(0o600)
    expect(
      readdirSync(database.folder).filter((name) => !/^db\.sqlite3(-wal|-shm|\.key|\.reserve)?$/.test(name)),
    ).to.deep.equal([])
  })

  it('from a copy of the folder works, and without the key file is refused and makes no other', async () => {
    await start(FIRST)
    const value = await server.signIn()
    await server.stop()
    const names = readdirSync(database.folder)
    const copy = join(database.folder, 'copy')
    mkdirSync(copy)
    for (const name of names) copyFileSync(join(database.folder, name), join(copy, name))
    await start({ DATABASE_URL: `sqlite:${join(copy, 'db.sqlite3')}` })
    expect((await server.fetch('/api/', { token: value })).status).to.equal(200)
    rmSync(`${file()}.key`)
    const { code, stderr } = await refusedStart(database.env)
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: LATCHKEY_SECRET_KEY is missing and so is [^\n]*\n$/)
    expect(existsSync(`${file()}.key`)).to.equal(false)
  })

  it('in a directory that is not there is refused, and makes none', async () => {
    const missing = join(database.folder, 'missing', 'db.sqlite3')
    const { code, stderr } = await refusedStart({ DATABASE_URL: `sqlite:${missing}` })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: DATABASE_URL: there is no directory [^\n]*\n$/)
    expect(existsSync(join(database.folder, 'missing'))).to.equal(false)
  })

  it('by several processes is refused, and makes nothing', async () => {
    const { code, stderr } = await refusedStart({ ...database.env, WEB_CONCURRENCY: '2' })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: WEB_CONCURRENCY must be 1 on SQLite, [^\n]*\n$/)
    expect(readdirSync(database.folder)).to.deep.equal([])
  })

  it('on a directory is refused', async () => {
    mkdirSync(file())
    expect((await refusedStart(database.env)).stderr).to.match(/^latchkey: DATABASE_URL: [^\n]* is not a file\n$/)
  })

  for (const mask of [0o022, 0])
    it(`makes files for its owner alone where new ones have the mode ${(0o666 & ~mask).toString(8)}`, async () => {
      const before = process.umask(mask)
      try {
        await start(FIRST)
        await server.signIn()
        const backup = await latchkey(['backup', join(database.folder, 'copy.sqlite3')], database.env)
        expect(backup.code, backup.stderr).to.equal(0)
        const elsewhere = await unprivileged(['migrate'], { DATABASE_URL: '' }, database.folder)
        expect(elsewhere.code, elsewhere.stderr).to.equal(0)
      } finally {
        process.umask(before)
      }
      expect(modes()).to.deep.equal({
        'copy.sqlite3': '600',
        data: '700',
        'data/latchkey.sqlite3': '600',
        'db.sqlite3': '600',
        'db.sqlite3-shm': '600',
        'db.sqlite3-wal': '600',
        'db.sqlite3.key': '600',
        'db.sqlite3.reserve': '600',
      })
    })

  it('takes back what an earlier version let others read', async () => {
    await start(FIRST)
    await server.stop('SIGKILL')
    for (const end of ['', '-wal', '-shm']) chmodSync(`${file()}${end}`, 0o644)
    await start()
    expect(new Set(Object.values(modes()))).to.deep.equal(new Set(['600']))
  })

  it('keeps passwords and tokens out of every file', async () => {
    await start(FIRST)
    const value = await server.signIn()
    const minted: string[] = []
    for (let index = 0; index < 100; index++) {
      const json = { name: `n${index}`, scopes: ['employees:read'] }
      const made = await server.fetch('/api/tokens', { token: value, json })
      minted.push(((await made.json()) as { token: string }).token)
    }
    const copies = readdirSync(database.folder).map((name) => readFileSync(join(database.folder, name), 'latin1'))
    expect(copies.join()).to.contain('Srinivas')
    const everything = copies.join() + server.log
    for (const secret of [...minted, value]) expect(everything.includes(secret.slice(3, 46))).to.equal(false)
    expect(everything).not.to.contain(CREDENTIALS.password)
  })

  it('of two processes on one file works', async () => {
    await start(FIRST)
    const value = await server.signIn()
    const second = await ServerProcess.start(database.env)
    const rows = Array.from({ length: 40 }, (_, empid) => ({ empid, empname: 'x', salary: 1 }))
    const answers = await Promise.all(
      rows.map((json, index) => (index % 2 ? server : second).fetch('/api/emp_viewset', { token: value, json })),
    )
    expect(answers.map(({ status }) => status)).to.deep.equal(Array(40).fill(201))
    await second.stop()
  })
})

describe('a start with LATCHKEY_DATABASE_MUST_EXIST', function () {
  this.timeout(30_000)
  const env = () => ({ ...database.env, LATCHKEY_DATABASE_MUST_EXIST: 'on' })

  afterEach(() => database.remove())

  it('is refused without a database, and makes none', async () => {
    database = await emptyDatabase()
    const { code, stderr } = await refusedStart(env())
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: DATABASE_URL: there is no database [^\n]*LATCHKEY_DATABASE_MUST_EXIST[^\n]*\n$/)
    expect(readdirSync(database.folder)).to.deep.equal([])
    if (!isSqlite)
      expect(await sql(database.env.DATABASE_URL, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'")).to.deep.equal(
        [],
      )
  })

  it('goes on with the one that is there', async () => {
    database = await freshDatabase()
    const server = await ServerProcess.start(env())
    expect((await server.fetch('/readyz')).status).to.equal(200)
    await server.stop()
  })
})

if (!isSqlite)
  describe('a start on PostgreSQL', function () {
    this.timeout(60_000)

    beforeEach(async () => {
      database = await emptyDatabase()
    })

    it('without a key is refused and names the variable', async () => {
      const { code, stderr } = await refusedStart({ ...database.env, LATCHKEY_SECRET_KEY: '' })
      expect(code).to.equal(1)
      expect(stderr).to.match(/^latchkey: LATCHKEY_SECRET_KEY is missing[^\n]*\n$/)
    })

    it('without a server is refused in one line, without the password', async () => {
      const url = new URL(database.env.DATABASE_URL)
      url.port = String(await freePort())
      const { code, stderr } = await refusedStart({ ...database.env, DATABASE_URL: url.href })
      expect(code).to.equal(1)
      expect(stderr)
        .to.match(/^latchkey: [^\n]*ECONNREFUSED[^\n]*\n$/)
        .and.not.contain('planted')
    })

    it('in a schema of its own, by a search path, makes its tables there once', async () => {
      const { DATABASE_URL } = database.env
      const name = new URL(DATABASE_URL).pathname.slice(1)
      await sql(DATABASE_URL, `CREATE SCHEMA own; ALTER DATABASE ${name} SET search_path = own`)
      for (let round = 0; round < 2; round++) {
        server = await ServerProcess.start({ ...database.env, ...FIRST })
        expect((await server.fetch('/api/', { token: await server.signIn() })).status).to.equal(200)
        await server.stop()
      }
      const places = "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('migrations', 'users', 'events')"
      expect(await sql(DATABASE_URL, places)).to.deep.equal([{ schemaname: 'own' }])
    })

    it('with a search path that leads nowhere is refused in one line, and makes nothing', async () => {
      const { DATABASE_URL } = database.env
      await sql(DATABASE_URL, `ALTER DATABASE ${new URL(DATABASE_URL).pathname.slice(1)} SET search_path = nowhere`)
      const { code, stderr } = await refusedStart(database.env)
      expect(code).to.equal(1)
      expect(stderr).to.match(/^latchkey: [^\n]*search_path[^\n]*\n$/)
      const made = "SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
      expect(await sql(DATABASE_URL, made)).to.deep.equal([])
    })

    it('of five nodes at once migrates in one of them, and makes one superuser', async () => {
      // Each statement that makes a table leaves the number of its session, if its transaction is committed.
      const run = (statement: string) => sql(database.env.DATABASE_URL, statement)
      await run('CREATE SCHEMA seen CREATE TABLE makers (pid INTEGER NOT NULL)')
      await run(`CREATE FUNCTION seen.note() RETURNS event_trigger LANGUAGE plpgsql
          AS 'BEGIN INSERT INTO seen.makers VALUES (pg_backend_pid()); END';
        CREATE EVENT TRIGGER seen ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION seen.note()`)
      const makers = () => run('SELECT DISTINCT pid FROM seen.makers')

      // They meet at the lock that whoever migrates takes.
      const holder = new pg.Client({ connectionString: database.env.DATABASE_URL })
      await holder.connect()
      await holder.query("SELECT pg_advisory_lock(hashtext('latchkey'))")
      const env = { ...database.env, ...FIRST }
      const starting = Array.from({ length: 5 }, () => ServerProcess.start(env))
      const sessions = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'latchkey'
        AND query LIKE '%pg_try_advisory_xact_lock%'`
      try {
        await expectWithin(30_000, async () => (await run(sessions)).length === 5)
        expect(await makers()).to.deep.equal([])
        await holder.end()
        for (const node of await Promise.all(starting)) expect((await node.fetch('/readyz')).status).to.equal(200)
        expect(await makers()).to.have.lengthOf(1)
        expect(await run('SELECT is_superuser FROM users')).to.deep.equal([{ is_superuser: true }])
      } finally {
        await holder.end()
        for (const node of await Promise.allSettled(starting))
          if (node.status === 'fulfilled') await node.value.stop('SIGKILL')
      }
    })
  })
