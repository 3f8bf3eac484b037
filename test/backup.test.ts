import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { settings } from '../src/platform/config.js'
import { command } from './command.js'
import { type Database, freshDatabase, onSqlite } from './databases.js'
import { FIRST, latchkey, ServerProcess } from './process.js'
import { sql } from './sql.js'

let folder: string
let copy: string

const refusal = (reason: string) => ({ code: 1, stdout: '', stderr: `latchkey: ${reason}\n` })

describe('latchkey backup', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-backup-'))
    copy = join(folder, 'copies.sqlite3')
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const backUp = (...options: string[]) => command(['backup', copy, ...options])
  const { database } = settings()

  if (database.dialect !== 'sqlite') {
    it('leaves PostgreSQL to pg_dump', async () => {
      const reason = 'DATABASE_URL names PostgreSQL: back it up with pg_dump, as docs/backup.md shows'
      expect(await backUp()).to.deep.equal(refusal(reason))
      expect(existsSync(copy)).to.equal(false)
    })
    return
  }

  it('copies the database for its owner alone', async () => {
    const { code, stdout } = await backUp()
    expect(code).to.equal(0)
    const { mode, size } = statSync(copy)
    expect(mode & 0o777).to.equal(0o600)
    expect(stdout).to.contain(`copied ${database.file} to ${copy}: ${size} bytes, integrity ok\n`)
    expect(readdirSync(folder)).to.deep.equal(['copies.sqlite3'])
  })

  it('names the variable where the server key comes from it, and never the key', async () => {
    const key = process.env.LATCHKEY_SECRET_KEY!
    const { stdout } = await backUp()
    expect(stdout).to.contain('Keep LATCHKEY_SECRET_KEY too')
    expect(stdout).not.to.contain(key)
    expect(readFileSync(copy).includes(key)).to.equal(false)
  })

  it('prints JSON', async () => {
    const { stdout } = await backUp('--json')
    expect(JSON.parse(stdout)).to.deep.equal({
      database: database.file,
      file: copy,
      bytes: statSync(copy).size,
      integrity: 'ok',
      server_key: 'LATCHKEY_SECRET_KEY',
    })
  })

  it('overwrites nothing', async () => {
    writeFileSync(copy, 'mine')
    expect(await backUp()).to.deep.equal(refusal(`${copy} already exists, and is not overwritten`))
    expect(readFileSync(copy, 'utf8')).to.equal('mine')
    expect((await command(['backup', database.file])).code).to.equal(1)
    expect((await command('migrate status')).code).to.equal(0)
  })

  it('gives its copy no journal of another database', async () => {
    writeFileSync(`${copy}-wal`, 'of another')
    expect(await backUp()).to.deep.equal(refusal(`${copy}-wal already exists, and is not overwritten`))
    expect(existsSync(copy)).to.equal(false)
  })

  it('says that a folder is missing', async () => {
    const missing = join(folder, 'none')
    expect(await command(['backup', join(missing, 'copy')])).to.deep.equal(refusal(`there is no folder ${missing}`))
  })

  it('leaves nothing behind if its draft, which has a longer name, cannot be made', async () => {
    expect((await command(['backup', join(folder, 'a'.repeat(250))])).code).to.equal(1)
    expect(readdirSync(folder)).to.deep.equal([])
  })
})

onSqlite('latchkey backup, beside other processes', function () {
  this.timeout(60_000)

  let source: Database

  beforeEach(async () => {
    source = await freshDatabase()
    copy = join(source.folder, 'copies.sqlite3')
  })

  afterEach(() => source.remove())

  const original = () => join(source.folder, 'db.sqlite3')
  const key = () => `${original()}.key`
  const restored = () => ({ DATABASE_URL: `sqlite:${copy}` })
  const run = (args: string[], env = {}) => latchkey(args, { ...source.env, ...env })
  const create = (server: ServerProcess, token: string, empid: number) =>
    server.fetch('/api/emp_viewset', { token, json: { empid, empname: 'x', salary: 1 } })

  it('has in its copy what a server that still runs has answered, and the tokens work there with its key alone', async () => {
    const server = await ServerProcess.start({ ...source.env, ...FIRST })
    const token = await server.signIn()
    for (const empid of [1, 2, 3]) await create(server, token, empid)
    const { code, stdout } = await run(['backup', copy])
    expect(code).to.equal(0)
    expect(stdout).to.contain(`is useless without it. Keep ${key()} too, in another place.\n`)
    await server.stop()
    const alone = await run(['doctor'], restored())
    expect(alone.code).to.equal(1)
    expect(alone.stdout).to.match(/FAIL server key: LATCHKEY_SECRET_KEY is missing/)
    copyFileSync(key(), `${copy}.key`)
    expect(await run(['doctor'], restored())).to.include({ code: 0 })
    const again = await ServerProcess.start(restored())
    const rows = await (await again.fetch('/api/emp_viewset', { token })).json()
    await again.stop()
    expect((rows as object[]).length).to.equal(3)
  })

  it('has in its copy what a server that was killed has answered, and gives no id of it to something new', async () => {
    const server = await ServerProcess.start({ ...source.env, ...FIRST })
    const token = await server.signIn()
    await create(server, token, 7)
    for (const name of ['a', 'b'])
      await server.fetch('/api/tokens', { token, json: { name, scopes: ['employees:read'] } })
    await server.stop('SIGKILL')
    const { DATABASE_URL } = restored()
    await sql(source.env.DATABASE_URL, 'DELETE FROM tokens')
    expect((await run(['backup', copy])).code).to.equal(0)
    expect(await sql(DATABASE_URL, 'SELECT empid FROM employees')).to.deep.equal([{ empid: 7 }])
    copyFileSync(key(), `${copy}.key`)
    const made = await run(['token', 'create', 'Srinivas', '--json'], restored())
    expect(JSON.parse(made.stdout).id).to.equal(4)
  })

  it('changes nothing: a database of an older version stays one', async () => {
    await sql(source.env.DATABASE_URL, "DELETE FROM migrations WHERE name > '0006-admin-site'")
    expect((await run(['backup', copy])).code).to.equal(0)
    for (const url of [source.env.DATABASE_URL, restored().DATABASE_URL]) {
      const names = (await sql(url, 'SELECT name FROM migrations ORDER BY name')).map(({ name }) => name)
      expect(names.at(-1)).to.equal('0006-admin-site')
    }
  })

  it('makes no database if there is none', async () => {
    rmSync(original())
    expect(await run(['backup', copy])).to.deep.equal(refusal(`there is no database ${original()}`))
    expect(readdirSync(source.folder)).to.deep.equal([])
  })

  it('leaves nothing behind for a damaged database', async () => {
    const bytes = readFileSync(original())
    bytes.fill(0x5a, 8192)
    writeFileSync(original(), bytes)
    const { code, stderr } = await run(['backup', copy])
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: SQLITE_CORRUPT: database disk image is malformed\n$/)
    expect(readdirSync(source.folder)).to.deep.equal(['db.sqlite3'])
  })
})
