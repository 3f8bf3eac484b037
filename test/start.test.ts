import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { isSqlite } from '../src/platform/database/connection.js'
import { type Database, emptyDatabase, freshDatabase, onSqlite } from './databases.js'
import { CREDENTIALS, FIRST, latchkey, refusedStart, ServerProcess, startOnTerminal, unprivileged } from './process.js'
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
    expect(await setUp(secret())).to.equal(409)
  })

  it('prints none when there is a superuser', async () => {
    await server.stop()
    await start()
    expect(server.stderr).to.equal('')
  })
})

onSqlite('a start on a terminal', function () {
  this.timeout(60_000)

  before(async () => {
    database = await emptyDatabase()
  })

  after(() => database.remove())

  it('says in five lines where to go, and logs in words', async () => {
    const [superuser, admin, docs, command, stop, request, ...rest] = (
      await startOnTerminal({ ...database.env, LATCHKEY_LOG_LEVEL: 'info' }, '/nowhere')
    ).split('\n')
    expect(superuser).to.match(/^ {2}Make the first superuser {2}http:\/\/localhost:\d+\/admin\/#setup=[\w-]{43}$/)
    expect(admin).to.match(/^ {2}Admin site +http:\/\/localhost:\d+\/admin\/$/)
    expect(docs).to.match(/^ {2}API docs +http:\/\/localhost:\d+\/docs\/$/)
    expect(command).to.match(/^ {2}The command +npx latchkey --help$/)
    expect(stop).to.match(/^ {2}Stop +Ctrl-C; the data stays in .+\.sqlite3$/)
    expect(request).to.match(/^\d\d:\d\d:\d\d GET \/nowhere 404 \d+ ms request_id=[\da-f-]{36}$/)
    expect(rest).to.deep.equal([''])
  })

  it('says the same where there is a superuser, without a link', async () => {
    const env = { ...database.env, ...FIRST, LATCHKEY_LOG_LEVEL: 'info', LATCHKEY_DOCS: 'off' }
    const text = await startOnTerminal(env, '/healthz')
    const places = [...text.matchAll(/^ {2}(\w[\w ]*?) {2,}/gm)].map(([, place]) => place)
    expect(places).to.deep.equal(['Admin site', 'The command', 'Stop'])
    expect(text).to.match(/^\d\d:\d\d:\d\d WARN made the first superuser from the environment; .* username=Srinivas$/m)
  })

  it('writes nothing that the terminal obeys', async () => {
    const env = { DATABASE_URL: `sqlite:${join(database.folder, 'a\u001b[2J\u009b2J\u202e.sqlite3')}` }
    const text = await startOnTerminal({ ...env, LATCHKEY_LOG_LEVEL: 'info' }, '/')
    expect(text)
      .to.contain('a\\u{1b}[2J\\u{9b}2J\\u{202e}.sqlite3')
      .and.not.match(/[^\P{Cc}\n]|\p{Cf}/u)
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

  it('under a path of the service’s own is refused, and makes nothing', async () => {
    const { code, stderr } = await refusedStart({ ...database.env, LATCHKEY_PUBLIC_URL: 'https://example.com/api/' })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: LATCHKEY_PUBLIC_URL must have another path: [^\n]*\n$/)
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
