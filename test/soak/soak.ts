import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { VARIABLES } from '../../src/platform/variables.js'
import { freePort, PostgresServer } from '../postgres.js'
import { expectWithin, FIRST } from '../process.js'
import { Clients } from './clients.js'
import { disturb } from './disturbances.js'
import { growthOf, type Used, usedBy } from './used.js'

/** Of what the service does when it is asked without a pause. */
const LOAD = 0.6

/** Milliseconds between two readings of what the process uses. */
const READING = 5000

/** Milliseconds after which the server has seen that its clients are gone. */
const REST = 2000

export interface Figures {
  /** MB a minute. */
  memory: number
  /** After each part, when no client is connected. */
  descriptors: number[]
  /** Bytes at most. */
  walSize: number
  /** Milliseconds, of each part. */
  p99: number[]
  unexpected: number
}

/** Loads a service of its own, in six parts of the time. @param minutes of all parts */
export async function soak(dialect: 'SQLite' | 'PostgreSQL', minutes: number): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-soak-'))
  const postgres = dialect === 'PostgreSQL' ? await PostgresServer.create() : undefined
  const database = postgres ? await postgres.createDatabase('soak') : `sqlite:${join(folder, 'db.sqlite3')}`
  const wal = join(folder, 'db.sqlite3-wal')
  const server = await serve(database)
  try {
    const clients = await Clients.of(server.url)
    await clients.ask({ seconds: 20, together: 16 })
    const { rate } = await clients.ask({ seconds: 15, together: 16 })
    console.log(`without a pause: ${rate.toFixed(0)} requests a second; the load is ${LOAD} of it`)
    const stopDisturbing = disturb(database)
    const used: Used[] = []
    const read = () => used.push(usedBy(server.child.pid!, wal))
    const readings = setInterval(read, READING)
    const [p99, descriptors]: [number[], number[]] = [[], []]
    try {
      for (let part = 1; part <= 6; part++) {
        const { p50, p99: slow, statuses } = await clients.ask({ seconds: minutes * 10, rate: rate * LOAD })
        clients.rest()
        await wait(REST)
        const { memory, descriptors: open } = usedBy(server.child.pid!, wal)
        p99.push(slow)
        descriptors.push(open)
        console.log(
          `part ${part}: p50 ${p50.toFixed(1)} p99 ${slow.toFixed(1)} ms, ${(memory / 1e6).toFixed(0)} MB, ${open} descriptors, ${JSON.stringify(statuses)}`,
        )
      }
    } finally {
      clearInterval(readings)
      await stopDisturbing()
    }
    for (const text of clients.unexpected.slice(0, 20)) console.log(`not expected: ${text}`)
    return {
      // What a process takes in its first minutes is no leak.
      memory: growthOf(used.slice(Math.floor(used.length / 6))) / 1e6,
      descriptors,
      walSize: Math.max(...used.map(({ walSize }) => walSize)),
      p99,
      unexpected: clients.unexpected.length,
    }
  } finally {
    server.child.kill('SIGTERM')
    if (server.child.exitCode === null) await once(server.child, 'exit')
    await postgres?.remove()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Its log goes nowhere: of half an hour it is a gigabyte. */
async function serve(database: string): Promise<{ child: ChildProcess; url: string }> {
  const port = String(await freePort())
  const blank = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '']))
  const env = { ...process.env, ...blank, ...FIRST, DATABASE_URL: database, PORT: port, LATCHKEY_LOG_LEVEL: 'info' }
  const child = spawn(process.execPath, ['build/src/server.js'], {
    env: { ...env, LATCHKEY_SECRET_KEY: randomBytes(32).toString('base64') },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  // Whoever ends a soak early wants to end its server too.
  process.on('exit', () => child.kill('SIGKILL'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const url = `http://127.0.0.1:${port}`
  await expectWithin(20_000, async () => {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    await wait(100)
    return (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200
  })
  return { child, url }
}
