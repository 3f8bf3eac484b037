import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { measure } from '../bench/measure.js'
import { Room } from '../package/room.js'
import { freePort } from '../postgres.js'
import { expectWithin } from '../process.js'
import { sevenSteps } from '../seven-steps.js'

/** Milliseconds for a start that builds first. */
const START = 900_000

/** Of the load: seconds, connections, and the rows of the list that is read in turn with one row. */
const SECONDS = 20
const CONNECTIONS = 32
const ROWS = 100

/** A version of Node.js, a copy of this project for it, and a home that was empty. */
export class Version {
  private server: ChildProcess | undefined
  private url = ''
  private token = ''

  private constructor(
    readonly name: string,
    private readonly room: Room,
    readonly project: string,
  ) {}

  /** @param number as in `24`: the newest of it */
  static async fetched(number: string, folder: string): Promise<Version> {
    await mkdir(folder)
    const room = await Room.create(folder)
    const tools = await room.emptyFolder('tools')
    const wanted = `node-${process.platform}-${process.arch}`
    await room.run(`npm install --no-audit --no-fund ${wanted}@${number}`, tools)
    const home = join(tools, 'node_modules', wanted)
    room.takeNode(home)
    const name = (await room.run('node --version', tools)).trim()
    return new Version(name, room, await room.emptyFolder('project'))
  }

  /** @returns its last line */
  async run(command: string): Promise<string> {
    const output = await this.room.run(command, this.project)
    return output.trim().split('\n').at(-1)!
  }

  /** Resolves when it is ready. @param env its first superuser */
  async start(env: Record<string, string>): Promise<void> {
    const port = await freePort()
    this.url = `http://localhost:${port}`
    this.server = spawn('npm', ['start'], {
      cwd: this.project,
      env: { ...this.room.env, ...env, PORT: String(port), LATCHKEY_LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    })
    await expectWithin(START, async () => {
      await wait(200)
      if (this.server!.exitCode !== null) throw new Error(`npm start ended with ${this.server!.exitCode}`)
      return fetch(`${this.url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
    })
  }

  async sevenSteps(): Promise<void> {
    this.token = await sevenSteps(this.url)
  }

  /** @returns what is worth printing */
  async memoryAfterLoad(): Promise<string> {
    const headers = { Authorization: `Token ${this.token}`, 'Content-Type': 'application/json' }
    for (let empid = 1; empid <= ROWS; empid++) {
      const body = JSON.stringify({ empid, empname: `Srinu ${empid}`, salary: 20000 })
      await fetch(`${this.url}/api/emp_viewset`, { method: 'POST', headers, body })
    }
    const requests = ['/1', ''].map((end) => ({ method: 'GET' as const, path: `/api/emp_viewset${end}`, headers }))
    const load = { url: this.url, requests, connections: CONNECTIONS, status: 200 }
    const { rss, requestsPerSecond } = await measure(pidOf('build/src/server.js', this.server!.pid!)!, load, SECONDS)
    return `${rss.toFixed(0)} MB after ${SECONDS} s of ${requestsPerSecond.toFixed(0)} reads and lists a second`
  }

  /** As Ctrl-C does: every process of the terminal is told. */
  async stop(): Promise<void> {
    process.kill(-this.server!.pid!, 'SIGINT')
    if (this.server!.exitCode === null && this.server!.signalCode === null) await once(this.server!, 'exit')
  }
}

/** @returns that of the process which runs this script, below another one */
function pidOf(script: string, parent: number): number | undefined {
  const command = readFileSync(`/proc/${parent}/cmdline`, 'utf8').split('\0')
  if (command[0]!.endsWith('node') && command.includes(script)) return parent
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ').filter(Boolean)
  return children.map((child) => pidOf(script, Number(child))).find((pid) => pid !== undefined)
}
