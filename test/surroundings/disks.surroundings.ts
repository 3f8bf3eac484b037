import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { FIRST, latchkey, ServerProcess } from '../process.js'

/** Needs root, to mount a disk as small as that. */
describe('a SQLite file on a disk of 6 MB', function () {
  this.timeout(120_000)

  let folder: string
  let env: { DATABASE_URL: string }
  let server: ServerProcess
  let token: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder])
    env = { DATABASE_URL: `sqlite:${join(folder, 'db.sqlite3')}` }
    server = await ServerProcess.start({ ...env, ...FIRST })
    token = await server.signIn()
  })

  afterEach(async () => {
    await server.stop('SIGKILL')
    execFileSync('umount', [folder])
    rmSync(folder, { recursive: true })
  })

  const create = (empid: number) =>
    server.fetch('/api/emp_viewset', { token, json: { empid, empname: 'x'.repeat(20), salary: 1 } })

  function fillDisk() {
    for (let size = 1_048_576; size >= 1; )
      try {
        writeFileSync(join(folder, `filler-${size}-${Math.random()}`), Buffer.alloc(size))
      } catch {
        size /= 2
      }
  }

  /** Files take what is left, and creates then what SQLite still has. @returns how many were made */
  async function fill(): Promise<number> {
    fillDisk()
    for (let empid = 1; ; empid++) {
      const { status } = await create(empid)
      if (status === 507) return empid - 1
      expect(status).to.equal(201)
    }
  }

  async function leak(count: number): Promise<{ id: number; token: string }[]> {
    const made: { id: number; token: string }[] = []
    for (let index = 0; index < count; index++) {
      const json = { name: `leaked ${index}`, scopes: ['employees:read'] }
      const answer = await server.fetch('/api/tokens', { token, json })
      expect(answer.status).to.equal(201)
      made.push((await answer.json()) as { id: number; token: string })
    }
    return made
  }

  it('that is full takes nothing but revocations, and everything when there is room again', async () => {
    // More than the reserve has room for, were it not that SQLite's log begins anew.
    const [reported, ...leaked] = await leak(51)
    const json = { username: 'leaver', password: 'coffee-4-two' }
    const leaver = (await (await server.fetch('/api/users', { token, json })).json()) as { id: number }
    const made = await fill()
    const statuses: number[] = []
    for (const { id, token: value } of leaked) {
      statuses.push((await server.fetch(`/api/tokens/${id}`, { token, method: 'DELETE' })).status)
      expect((await server.fetch('/api/', { token: value })).status, 'a revoked token').to.equal(401)
    }
    expect(statuses).to.deep.equal(Array(50).fill(204))
    const off = await server.fetch(`/api/users/${leaver.id}`, { token, method: 'PATCH', json: { is_active: false } })
    expect(off.status).to.equal(200)
    const others = [
      await server.fetch('/api/tokens/report', { json: { token: reported!.token } }),
      await server.fetch(`/api/users/${leaver.id}`, { token, method: 'DELETE' }),
    ]
    expect(others.map(({ status }) => status)).to.deep.equal([204, 204])
    expect((await server.fetch('/api/', { token: reported!.token })).status, 'a reported token').to.equal(401)
    const refused = await create(100_000)
    expect(refused.status).to.equal(507)
    expect(((await refused.json()) as { detail: string }).detail).to.contain(
      'Free some space on the disk of the database',
    )
    expect((await server.fetch('/api/emp_viewset/1', { token })).status).to.equal(made > 0 ? 200 : 404)
    console.log(`      ${made} creates until the disk was full, then 50 revocations and a user disabled`)

    execFileSync('find', [folder, '-name', 'filler-*', '-delete'])
    await wait(1100)
    expect((await create(100_001)).status).to.equal(201)
    expect(existsSync(join(folder, 'db.sqlite3.reserve'))).to.equal(true)
    const { stdout, code } = await latchkey(['doctor'], env)
    expect(code, stdout).to.equal(0)
    expect((await latchkey(['events', 'verify'], env)).stdout).to.match(/unbroken/)
  })

  it('that is full takes the revocation of a command, too', async () => {
    const [one] = await leak(1)
    await fill()
    const { code, stderr } = await latchkey(['token', 'revoke', String(one!.id)], env)
    expect(code, stderr).to.equal(0)
    await wait(1100)
    expect((await server.fetch('/api/', { token: one!.token })).status).to.equal(401)
  })

  it('that is full takes the revocation of a command while nothing serves, and a start after it', async () => {
    const [one] = await leak(1)
    await server.stop()
    fillDisk()
    const { code, stdout, stderr } = await latchkey(['token', 'revoke', String(one!.id)], env)
    expect(code, stderr).to.equal(0)
    expect(stdout).to.equal(`revoked token ${one!.id}\n`)
    expect(stderr).to.match(/^latchkey: warning: the disk of the database is full: [^\n]*\n$/)
    server = await ServerProcess.start(env)
    expect((await server.fetch('/api/', { token: one!.token })).status).to.equal(401)
    expect((await server.fetch('/api/', { token })).status).to.equal(200)
    expect((await create(1)).status).to.equal(507)
  })

  it('that is full and without its reserve is refused by one line that says so', async () => {
    await server.stop()
    rmSync(join(folder, 'db.sqlite3.reserve'))
    fillDisk()
    const { code, stderr } = await latchkey(['token', 'list'], env)
    expect(code).to.equal(1)
    expect(stderr).to.match(
      /^latchkey: DATABASE_URL: [^\n]*db\.sqlite3 cannot be used by [^\n]*: its disk is full; free some of it\n$/,
    )
  })
})
