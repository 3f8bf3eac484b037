import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Database, freshDatabase, onSqlite } from './databases.js'
import { FIRST, refusedStart, ServerProcess, unprivileged } from './process.js'

let database: Database

const file = () => join(database.folder, 'db.sqlite3')

onSqlite('a start with a SQLite file', () => {
  beforeEach(async () => {
    database = await freshDatabase()
    writeFileSync(`${file()}.key`, 'q83vEjRWeJq83vAb5T0bSm3lVvLZr1hQ8yKkXw2N7cU=\n')
  })

  afterEach(() => database.remove())

  const damages: [what: string, damage: () => void, sentence: RegExp][] = [
    ['truncated', () => truncateSync(file(), 8192), /damaged/],
    ['overwritten', () => writeFileSync(file(), 'x'.repeat(50_000)), /damaged/],
    ['emptied', () => truncateSync(file(), 0), /is empty/],
    ['deleted, its key left behind', () => rmSync(file()), /is gone while/],
  ]
  for (const [what, damage, sentence] of damages)
    it(`that was ${what} is refused, and puts no new one in its place`, async () => {
      damage()
      const before = existsSync(file()) ? readFileSync(file()) : undefined
      const { code, stderr } = await refusedStart(database.env)
      expect(code, stderr).to.equal(1)
      expect(stderr)
        .to.match(sentence)
        .and.match(/^latchkey: [^\n]*\n$/)
      expect(existsSync(file()) ? readFileSync(file()) : undefined).to.deep.equal(before)
    }).timeout(30_000)
})

onSqlite('a SQLite file that its user may not use', function () {
  this.timeout(30_000)

  const { username } = userInfo()

  beforeEach(async () => {
    database = await freshDatabase()
  })

  afterEach(async () => {
    chmodSync(database.folder, 0o700)
    await database.remove()
  })

  const kinds: [what: string, spoil: () => void, reason: RegExp][] = [
    ['in a directory that is closed', () => chmodSync(database.folder, 0), /cannot be reached \(EACCES\)$/],
    ['in a directory that is read-only', () => chmodSync(database.folder, 0o500), /its directory cannot be written to/],
    ['that is closed', () => chmodSync(file(), 0), /db\.sqlite3 cannot be read and written \(EACCES\)$/],
    ['that is read-only', () => chmodSync(file(), 0o400), /db\.sqlite3 cannot be read and written \(EACCES\)$/],
    ['whose log is read-only', () => writeFileSync(`${file()}-wal`, '', { mode: 0o400 }), /-wal cannot be read and/],
    ['whose log SQLite cannot open', () => mkdirSync(`${file()}-wal`), /SQLite says SQLITE_CANTOPEN$/],
  ]
  for (const [what, spoil, reason] of kinds)
    it(`${what} is refused by a line that names the file and the user`, async () => {
      spoil()
      const { code, stdout, stderr } = await unprivileged(['token', 'list'], database.env)
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      const [line, ...more] = stderr.split('\n')
      expect(more).to.deep.equal([''])
      expect(line)
        .to.match(reason)
        .and.contain(`latchkey: DATABASE_URL: ${file()} cannot be used by ${username} (uid ${process.getuid?.()}): `)
    })

  for (const args of ['serve', 'migrate', 'token scan package.json', 'backup /tmp/latchkey-never'])
    it(`is refused by ${args}`, async () => {
      chmodSync(file(), 0)
      const { code, stdout, stderr } = await unprivileged(args.split(' '), database.env)
      expect(code).to.equal(1)
      expect((stdout + stderr).match(/^[^\n]*\n$/)?.[0]).to.contain(`${file()} cannot be used by ${username} `)
    })

  it('is reported by the doctor, which checks the rest', async () => {
    chmodSync(file(), 0)
    const { code, stdout, stderr } = await unprivileged(['doctor'], database.env)
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' })
    expect(stdout).to.match(/^FAIL disk: DATABASE_URL: .* cannot be used by .*; do: give /m)
    expect(stdout)
      .to.match(/^FAIL database: /m)
      .and.match(/^skip trail: /m)
  })

  it('through a link that leads nowhere is refused, and nothing is made there', async () => {
    const [link, target] = [join(database.folder, 'link.sqlite3'), join(database.folder, 'target.sqlite3')]
    symlinkSync(target, link)
    const { code, stderr } = await unprivileged(['migrate'], { DATABASE_URL: `sqlite:${link}` })
    expect({ code, stderr }).to.deep.equal({
      code: 1,
      stderr: `latchkey: DATABASE_URL: ${link} is a link to a file that does not exist\n`,
    })
    expect(existsSync(target)).to.equal(false)
  })

  it('below what is no directory is refused', async () => {
    const { code, stderr } = await unprivileged(['migrate'], { DATABASE_URL: `sqlite:${join(file(), 'x.sqlite3')}` })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^latchkey: DATABASE_URL: [^\n]* cannot be reached \(ENOTDIR\)\n$/)
  })

  it('may have its key closed, which is refused by name', async () => {
    const server = await ServerProcess.start({ ...database.env, ...FIRST })
    await server.stop()
    chmodSync(`${file()}.key`, 0)
    const { code, stderr } = await unprivileged(['token', 'list'], database.env)
    expect(code).to.equal(1)
    expect(stderr).to.match(new RegExp(`^latchkey: EACCES: [^\\n]*${file()}\\.key', as ${username} \\(uid \\d+\\)\\n$`))
  })

  it('with an unreadable .env next to it is refused, and the .env is not ignored', async () => {
    writeFileSync(join(database.folder, '.env'), 'LATCHKEY_DOCS=off\n', { mode: 0 })
    const { code, stderr } = await unprivileged(['token', 'list'], database.env, database.folder)
    expect(code).to.equal(1)
    expect(stderr).to.match(new RegExp(`^latchkey: EACCES: [^\\n]*/\\.env', as ${username} \\(uid \\d+\\)\\n$`))
  })
})
