import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { appendFile, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '../postgres.js'
import { childrenOf, isRunning } from '../processes.js'

// What a distribution installs, where the dev dependencies bring none: a PostgreSQL that can be followed, and a pooler.

/** Root may run neither; Debian's package makes this user. */
const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined

function idOf(option: '-u' | '-g') {
  return Number(execFileSync('id', [option, 'postgres']))
}

/** Gives a file to the one who runs PostgreSQL. */
export async function give(file: string): Promise<void> {
  if (user) await chown(file, user.uid, user.gid)
}

async function room(what: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `latchkey-${what}-`))
  if (user) await chown(folder, user.uid, user.gid)
  return folder
}

/** @param ports one, or several that are tried in turn */
export function urlOf(database: string, ...ports: number[]): string {
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',')
  const attributes = ports.length > 1 ? '?target_session_attrs=read-write' : ''
  return `postgres://latchkey:planted-database-password@${hosts}/${database}${attributes}`
}

async function reachable(url: string) {
  for (const end = Date.now() + 20_000; Date.now() < end; await wait(50)) {
    const client = new pg.Client({ connectionString: url })
    const connected = await client.connect().then(
      () => true,
      () => false,
    )
    await client.end().catch(() => {})
    if (connected) return
  }
  throw new Error(`nothing answers at ${url} within 20 s`)
}

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
}

/** The distribution's PostgreSQL: a primary, or a standby that follows one. */
export class Cluster {
  private process: ChildProcess | undefined

  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

  /** @param prepare what is done to its folder, of the data and of its socket, before the start; its lines are settings */
  static async primary(prepare: (folder: string) => Promise<string[]> = async () => []): Promise<Cluster> {
    const cluster = new Cluster(await room('primary'), await freePort())
    await run('initdb', ['-D', cluster.data, '--username=latchkey', '--auth=trust', '--encoding=UTF8', '--no-sync'])
    await appendFile(join(cluster.data, 'postgresql.conf'), (await prepare(cluster.folder)).join('\n'))
    await cluster.start()
    return cluster
  }

  /** A copy of this one that follows it and answers reads. */
  async standby(): Promise<Cluster> {
    const cluster = new Cluster(await room('standby'), await freePort())
    const from = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'latchkey']
    await run('pg_basebackup', ['-D', cluster.data, '-R', '-X', 'stream', '--checkpoint=fast', '--no-sync', ...from])
    await cluster.start()
    return cluster
  }

  /** From now on a commit is acknowledged when a standby has it on its disk, too. */
  async waitForStandby(): Promise<void> {
    await this.query("ALTER SYSTEM SET synchronous_standby_names = '*'")
    await this.query('SELECT pg_reload_conf()')
    for (let state: unknown; state !== 'sync'; await wait(50))
      state = (await this.query('SELECT sync_state FROM pg_stat_replication'))[0]?.sync_state
  }

  /** As a machine that loses its power, but for what its disk has not got yet: none of its processes ends by itself. */
  async crash(): Promise<void> {
    const parent = this.process!.pid!
    const pids = [parent, ...childrenOf(parent)]
    const ends = once(this.process!, 'exit')
    for (const pid of pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL')
    await ends
  }

  /** Resolves when this standby takes writes. */
  async promote(): Promise<void> {
    const [row] = await this.query('SELECT pg_promote() AS done')
    if (!row!.done) throw new Error('the standby was not promoted within 60 s')
  }

  urlOf(database: string): string {
    return urlOf(database, this.port)
  }

  /** @returns the rows */
  async query(statement: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.urlOf(database) })
    await client.connect()
    try {
      return (await client.query(statement)).rows
    } finally {
      await client.end()
    }
  }

  async remove(): Promise<void> {
    await ended(this.process, 'SIGQUIT')
    await rm(this.folder, { recursive: true, force: true })
  }

  private get data() {
    return join(this.folder, 'data')
  }

  /** As it was when it ended: a primary that was killed knows of no other one. */
  async start(): Promise<void> {
    const places = ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${this.folder}`]
    const options = ['-c', 'fsync=off', '-c', 'max_connections=200']
    this.process = spawn(program('postgres'), ['-D', this.data, '-p', String(this.port), ...places, ...options], {
      ...user,
      stdio: 'ignore',
      cwd: this.folder,
    })
    await reachable(this.urlOf('postgres'))
  }
}

/** PgBouncer as its package has it but for what is given, before a PostgreSQL. */
export class PgBouncer {
  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly settings: Record<string, string | number>,
    private readonly database: string,
  ) {}

  private process: ChildProcess | undefined

  /** @param server its port @param database the only one, or all of them */
  static async start(server: number, settings: Record<string, string | number>, database = '*'): Promise<PgBouncer> {
    const pooler = new PgBouncer(await room('pgbouncer'), await freePort(), settings, database)
    await pooler.configure(server)
    pooler.process = spawn('pgbouncer', ['-q', pooler.file], { ...user, stdio: 'ignore', cwd: pooler.folder })
    await reachable(pooler.urlOf(database === '*' ? 'postgres' : database))
    return pooler
  }

  urlOf(database: string): string {
    return urlOf(database, this.port)
  }

  /** As an operator after a failover: another server in the configuration, and a reload. */
  async leadTo(server: number): Promise<void> {
    await this.configure(server)
    this.process!.kill('SIGHUP')
  }

  async remove(): Promise<void> {
    await ended(this.process, 'SIGTERM')
    await rm(this.folder, { recursive: true, force: true })
  }

  private get file() {
    return join(this.folder, 'pgbouncer.ini')
  }

  private async configure(server: number) {
    const places = { listen_addr: '127.0.0.1', listen_port: this.port, unix_socket_dir: '', auth_type: 'any' }
    const lines = Object.entries({ ...places, ...this.settings }).map(([name, value]) => `${name} = ${value}`)
    const databases = `[databases]\n${this.database} = host=127.0.0.1 port=${server} user=latchkey\n`
    await writeFile(this.file, `${databases}[pgbouncer]\n${lines.join('\n')}\n`)
  }
}

async function run(name: string, options: string[]) {
  const child = spawn(program(name), options, { ...user, stdio: ['ignore', 'ignore', 'pipe'], cwd: tmpdir() })
  let text = ''
  child.stderr!.setEncoding('utf8').on('data', (part: string) => (text += part))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${text}`)
}

/** Debian keeps those of each version in a folder of their own. */
function program(name: string) {
  const versions = '/usr/lib/postgresql'
  const newest = readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0]
  return join(versions, newest!, 'bin', name)
}
