import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { isSqlite } from '../src/platform/database/connection.js'
import { freshDatabase, latchkey, ServerProcess } from './process.js'
import { sql } from './sql.js'

describe('latchkey backup', function () {
  this.timeout(60_000)

  let database: Awaited<ReturnType<typeof freshDatabase>>
  let copy: string

  beforeEach(async () => {
    database = await freshDatabase()
    copy = join(database.folder, 'copies.sqlite3')
  })

  afterEach(async () => {
    await database.remove()
  })

  const run = (args: string[], env = {}, input = '') => latchkey(args, { ...database.env, ...env }, input)
  const backUp = (...options: string[]) => run(['backup', copy, ...options])

  if (!isSqlite) {
    it('leaves PostgreSQL to pg_dump', async () => {
      const line = 'latchkey: DATABASE_URL names PostgreSQL: back it up with pg_dump, as docs/backup.md shows\n'
      expect(await backUp()).to.deep.equal({ code: 1, stdout: '', stderr: line })
      expect(existsSync(copy)).to.equal(false)
    })
    return
  }

  const original = () => join(database.folder, 'db.sqlite3')
  const key = () => `${original()}.key`
  const restored = () => ({ DATABASE_URL: `sqlite:${copy}` })
  const make = () => run(['createsuperuser', '--username', 'root'], {}, 'tea-for-2-at-4\n')
  const refusal = (reason: string) => ({ code: 1, stdout: '', stderr: `latchkey: ${reason}\n` })

  it('copies the database for its owner alone, and tells where the server key is', async () => {
    await make()
    const { code, stdout } = await backUp()
    expect(code).to.equal(0)
    const { mode, size } = statSync(copy)
    expect(mode & 0o777).to.equal(0o600)
    expect(stdout).to.equal(
      `copied ${original()} to ${copy}: ${size} bytes, integrity ok\n` +
        `The server key is not in it, and it is of no use without: keep ${key()} too, and apart from it.\n`,
    )
    expect(readdirSync(database.folder)).to.have.members(['copies.sqlite3', 'db.sqlite3', 'db.sqlite3.key'])
  })

  it('prints JSON', async () => {
    await make()
    const { stdout } = await backUp('--json')
    const bytes = statSync(copy).size
    expect(JSON.parse(stdout)).to.deep.equal({
      database: original(),
      file: copy,
      bytes,
      integrity: 'ok',
      server_key: key(),
    })
  })

  it('names the variable where the server key comes from it, and never the key', async () => {
    await make()
    const { stdout } = await run(['backup', copy], { LATCHKEY_SECRET_KEY: readFileSync(key(), 'utf8').trim() })
    expect(stdout).to.contain('keep LATCHKEY_SECRET_KEY too')
    expect(stdout).not.to.contain(readFileSync(key(), 'utf8').trim())
    expect(readFileSync(copy).includes(readFileSync(key(), 'utf8').trim())).to.equal(false)
  })

  it('has in its copy what a server that still runs has answered, and the tokens work there', async () => {
    await make()
    const token = (await run(['token', 'create', 'root'])).stdout.trim()
    const server = await ServerProcess.start(database.env)
    for (const empid of [1, 2, 3])
      await server.fetch('/api/emp_viewset', { token, json: { empid, empname: 'x', salary: 1 } })
    expect((await backUp()).code).to.equal(0)
    await server.stop()
    copyFileSync(key(), `${copy}.key`)
    expect(await run(['doctor'], restored())).to.include({ code: 0 })
    const again = await ServerProcess.start({ ...database.env, ...restored() })
    const rows = await (await again.fetch('/api/emp_viewset', { token })).json()
    await again.stop()
    expect((rows as object[]).length).to.equal(3)
  })

  it('has in its copy what a server that was killed has answered', async () => {
    await make()
    const token = (await run(['token', 'create', 'root'])).stdout.trim()
    const server = await ServerProcess.start(database.env)
    await server.fetch('/api/emp_viewset', { token, json: { empid: 7, empname: 'x', salary: 1 } })
    await server.stop('SIGKILL')
    expect((await backUp()).code).to.equal(0)
    expect(await sql(restored().DATABASE_URL, 'SELECT empid FROM employees')).to.deep.equal([{ empid: 7 }])
  })

  it('has a copy that is of no use without the key', async () => {
    await make()
    await backUp()
    const { code, stdout } = await run(['doctor'], restored())
    expect(code).to.equal(1)
    expect(stdout).to.match(/FAIL server key: LATCHKEY_SECRET_KEY is missing/)
  })

  it('gives no id of the original to something new', async () => {
    await make()
    for (const name of ['a', 'b']) await run(['token', 'create', 'root', '--name', name, '--scope', 'employees:read'])
    await sql(`sqlite:${original()}`, 'DELETE FROM tokens')
    await backUp()
    copyFileSync(key(), `${copy}.key`)
    const made = await run(['token', 'create', 'root', '--json'], restored())
    expect(JSON.parse(made.stdout).id).to.equal(3)
  })

  it('overwrites nothing', async () => {
    await make()
    writeFileSync(copy, 'mine')
    expect(await backUp()).to.deep.equal(refusal(`${copy} is there already, and is not overwritten`))
    expect(readFileSync(copy, 'utf8')).to.equal('mine')
    expect((await run(['backup', original()])).code).to.equal(1)
    expect((await run(['migrate', 'status'])).code).to.equal(0)
  })

  it('gives its copy no journal of another database', async () => {
    await make()
    writeFileSync(`${copy}-wal`, 'of another')
    expect(await backUp()).to.deep.equal(refusal(`${copy}-wal is there already, and is not overwritten`))
    expect(existsSync(copy)).to.equal(false)
  })

  it('changes nothing: a database of an older version stays one', async () => {
    await make()
    await sql(`sqlite:${original()}`, "DELETE FROM migrations WHERE name = '0007-idempotency'")
    expect((await backUp()).code).to.equal(0)
    expect((await run(['migrate', 'status'])).stdout).to.match(/pending: 0007-idempotency\n/)
    expect((await run(['migrate', 'status'], restored())).stdout).to.match(/pending: 0007-idempotency\n/)
  })

  it('makes no database where there is none', async () => {
    expect(await backUp()).to.deep.equal(refusal(`there is no database ${original()}`))
    expect(readdirSync(database.folder)).to.deep.equal([])
  })

  it('says that a folder is missing', async () => {
    await make()
    const { stderr } = await run(['backup', join(database.folder, 'none', 'copy')])
    expect(stderr).to.equal(`latchkey: there is no folder ${join(database.folder, 'none')}\n`)
  })

  it('leaves nothing behind of a database that is damaged', async () => {
    await make()
    const bytes = readFileSync(original())
    bytes.fill(0x5a, 8192)
    writeFileSync(original(), bytes)
    const { code, stderr } = await backUp()
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: SQLITE_CORRUPT: database disk image is malformed\n$/)
    expect(readdirSync(database.folder)).to.have.members(['db.sqlite3', 'db.sqlite3.key'])
  })

  it('leaves nothing behind where its draft, whose name is longer, cannot be made', async () => {
    await make()
    const before = readdirSync(database.folder)
    expect((await run(['backup', join(database.folder, 'a'.repeat(250))])).code).to.equal(1)
    expect(readdirSync(database.folder)).to.have.members(before)
  })

  it('is used wrongly without a file', async () => {
    expect((await run(['backup'])).code).to.equal(2)
  })
})
