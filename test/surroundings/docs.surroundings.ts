import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { blockOf } from '../blocks.js'
import { DJANGO, loadDump, TRUTH } from '../django.js'
import { freePort } from '../postgres.js'
import { expectWithin, FIRST, latchkey, ServerProcess } from '../process.js'
import { sql } from '../sql.js'
import { Cluster, PgBouncer } from './installed.js'

const run = promisify(execFile)

/** Of Django's users those that an import asks about, and which those of the page do not have. */
const CONFLICTS = TRUTH.users.filter(({ outcome }) => outcome === 'conflict').map(({ id }) => Number(id))

const LATCHKEY_SECRET_KEY = randomBytes(32).toString('base64')

describe('the lines of docs/ that need what a distribution installs', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let room: string

  before(async () => {
    cluster = await Cluster.primary()
    room = await mkdtemp(join(tmpdir(), 'latchkey-docs-'))
    await cluster.query('CREATE DATABASE latchkey')
  })

  after(async () => {
    await cluster?.remove()
    await rm(room, { recursive: true, force: true })
  })

  /** @returns what it wrote, where it did not fail. @param functions of the shell, in the place of programs */
  async function inShell(script: string, functions = ''): Promise<string> {
    const npx = `npx() { shift; '${process.execPath}' '${resolve('build/src/cli.js')}' "$@"; }`
    const env = { ...process.env, LATCHKEY_SECRET_KEY, DATABASE_URL: cluster.urlOf('latchkey') }
    return (await run('bash', ['-ec', `cd '${room}'\n${npx}\n${functions}\n${script}`], { env })).stdout
  }

  it('docs/backup.md: a dump of PostgreSQL is restored, and its token works', async () => {
    const env = { DATABASE_URL: cluster.urlOf('latchkey'), LATCHKEY_SECRET_KEY }
    const server = await ServerProcess.start({ ...FIRST, ...env })
    const token = await server.signIn()
    await server.stop()
    const lines = blockOf('docs/backup.md', '(umask 077; pg_dump')
      .replaceAll('--host db.example.com', `--host 127.0.0.1 --port ${cluster.port}`)
      .replace('latchkey@db.example.com', `latchkey@127.0.0.1:${cluster.port}`)
    expect(await inShell(lines)).to.match(/^ok +database: PostgreSQL/m)
    const restored = await ServerProcess.start({ ...env, DATABASE_URL: cluster.urlOf('restored') })
    try {
      expect((await restored.fetch('/api/', { token })).status).to.equal(200)
    } finally {
      await restored.stop()
    }
  })

  it('docs/production/poolers.md: PgBouncer with these settings serves', async () => {
    const lines = blockOf('docs/production/poolers.md', '[databases]')
    const [, database] = /^(\w+) = host=\S+ port=\d+$/m.exec(lines)!
    const [, section] = lines.split('[pgbouncer]\n')
    const settings = Object.fromEntries(
      [...section!.matchAll(/^(\w+) = (\w+)$/gm)].map(([, name, value]) => [name!, value!]),
    )
    expect(settings).to.include.keys('pool_mode', 'default_pool_size', 'server_login_retry')
    const pooler = await PgBouncer.start(cluster.port, settings, database)
    try {
      const env = { DATABASE_URL: pooler.urlOf(database!), LATCHKEY_SECRET_KEY }
      await (await ServerProcess.start({ ...FIRST, ...env })).stop()
      const { code, stdout } = await latchkey(['doctor'], env)
      expect(code, stdout).to.equal(0)
      expect(stdout).to.contain(`${settings.pool_mode} mode`)
    } finally {
      await pooler.remove()
    }
  })

  it('docs/from-django.md: each way to the users is read, and their rows are imported', async () => {
    const project = join(room, 'db.sqlite3')
    await copyFile(`${DJANGO}/django.sqlite3`, project)
    for (const statement of withoutConflicts()) await sql(`sqlite:${project}`, statement)
    await sql(`sqlite:${project}`, 'ALTER TABLE "Token_Authentication_App_emp" RENAME TO shop_employee')
    await cluster.query('CREATE DATABASE django')
    await loadDump(cluster.urlOf('django'), `${DJANGO}/django.sql`)
    for (const statement of withoutConflicts()) await cluster.query(statement, 'django')
    const dump = JSON.parse(await readFile(`${DJANGO}/dumpdata.json`, 'utf8')) as { model: string; pk: number }[]
    const rows = dump.filter(({ model, pk }) => model !== 'auth.user' || !CONFLICTS.includes(pk))
    await writeFile(join(room, 'dump.json'), JSON.stringify(rows))

    const looks = blockOf('docs/from-django.md', 'python manage.py').replace('postgres://…', cluster.urlOf('django'))
    const told = await inShell(looks, `python() { [ "$*" = 'manage.py dumpdata' ] && cat dump.json; }`)
    const users = TRUTH.users.length - CONFLICTS.length
    expect(told.match(new RegExp(`\\b${users} users,`, 'g')), told).to.have.lengthOf(3)
    await inShell(blockOf('docs/from-django.md', 'npx latchkey import django'))
    const imported = await cluster.query('SELECT count(*)::int AS count FROM employees', 'latchkey')
    expect(imported[0]!.count).to.be.above(0)
  })

  it('docs/metrics.md: Prometheus reads the metrics with the token of the command', async () => {
    const server = await ServerProcess.start({ ...FIRST, DATABASE_URL: cluster.urlOf('latchkey'), LATCHKEY_SECRET_KEY })
    const config = join(room, 'prometheus.yml')
    const port = await freePort()
    const lines = blockOf('docs/metrics.md', 'scrape_configs:')
    const [, file] = /credentials_file: (\S+) \}/.exec(lines)!
    const token = await inShell(blockOf('docs/metrics.md', 'npx latchkey token create'))
    await writeFile(join(room, 'token'), token)
    const here = lines.replace(file!, join(room, 'token')).replace('localhost:8000', new URL(server.url).host)
    await writeFile(config, `global: { scrape_interval: 1s }\n${here}`)
    await run('promtool', ['check', 'config', config])
    const places = [`--storage.tsdb.path=${join(room, 'tsdb')}`, `--web.listen-address=127.0.0.1:${port}`]
    const prometheus = spawn('prometheus', [`--config.file=${config}`, ...places], { stdio: 'ignore' })
    try {
      await expectWithin(30_000, async () => {
        const query = `http://127.0.0.1:${port}/api/v1/query?query=latchkey_requests_total`
        const response = await fetch(query).catch(() => undefined)
        return response?.ok === true && (await response.text()).includes('"job":"latchkey"')
      })
    } finally {
      prometheus.kill()
      await once(prometheus, 'exit')
      await server.stop()
    }
  })
})

function withoutConflicts(): string[] {
  const ids = CONFLICTS.join(', ')
  return [
    `DELETE FROM authtoken_token WHERE user_id IN (${ids})`,
    `DELETE FROM knox_authtoken WHERE user_id IN (${ids})`,
    `DELETE FROM auth_user_groups WHERE user_id IN (${ids})`,
    `DELETE FROM auth_user WHERE id IN (${ids})`,
  ]
}
