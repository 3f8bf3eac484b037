import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { newValue } from '../../src/identity/tokens/value.js'
import { VARIABLES } from '../../src/platform/variables.js'

type Environment = Record<string, string>

export const ACCOUNT = { username: 'Srinivas', password: 'admin123' }

/** A server that runs as a child and is loaded from outside. */
export interface Target {
  name: string
  pid: number
  url: string
  token: string
  /** Values of tokens, more than a process remembers. */
  values: string[]
  /** Employees in its database. */
  rows: number
  /** Milliseconds from its start to its first answer. */
  startTime: number
  stop: () => Promise<void>
}

export interface Filled {
  database: string
  rows: number
  valuesFile: string
}

/** Nothing of the developer's own settings. */
const BLANK = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '']))

export const SECRET = randomBytes(32).toString('base64')

/** Makes our tables in a database and fills them. */
export async function fill({ database, rows, valuesFile }: Filled): Promise<void> {
  const environment = { DATABASE_URL: database, LATCHKEY_SECRET_KEY: SECRET }
  const child = run('build/test/bench/fill.js', { ...environment, BENCH_ROWS: String(rows), BENCH_VALUES: valuesFile })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`filling the database ended with ${code}`)
}

/** Our server in the settings of production. */
export async function startOurs(
  name: string,
  { database, rows, valuesFile }: Filled,
  { environment = {}, nodeOptions = [] }: { environment?: Environment; nodeOptions?: string[] } = {},
): Promise<Target> {
  const settings = {
    DATABASE_URL: database,
    LATCHKEY_SECRET_KEY: SECRET,
    LATCHKEY_SUPERUSER_USERNAME: ACCOUNT.username,
    LATCHKEY_SUPERUSER_PASSWORD: ACCOUNT.password,
    ...environment,
  }
  const target = await start(name, 'build/src/server.js', settings, nodeOptions)
  const headers = { 'Content-Type': 'application/json' }
  const answer = await fetch(`${target.url}/gettoken/`, { method: 'POST', headers, body: JSON.stringify(ACCOUNT) })
  const { token } = (await answer.json()) as { token: string }
  return { ...target, token, rows, values: JSON.parse(readFileSync(valuesFile, 'utf8')) }
}

export async function startByHand({ database, rows }: Filled): Promise<Target> {
  const token = newValue('lk')
  const settings = { DATABASE_URL: database, BENCH_ROWS: String(rows), BENCH_TOKEN: token }
  return { ...(await start('by hand', 'build/test/bench/by-hand.js', settings)), token, rows }
}

export function startBare(name: string, script: string): Promise<Target> {
  return start(name, `build/test/bench/${script}.js`, {})
}

/** A script that says at which port it listens, as the server's log does. */
export async function start(name: string, script: string, environment: Environment, nodeOptions: string[] = []) {
  const started = performance.now()
  const child = run(script, { PORT: '0', NODE_ENV: 'production', ...environment }, nodeOptions)
  // The log is read and thrown away, as a collector of logs would read it.
  let output = ''
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      if (output.length > 100_000) return
      output += chunk
      const [, found] = /"port":(\d+),"msg":"listening"/.exec(output) ?? []
      if (found) resolve(found)
    })
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)))
  })
  const url = `http://127.0.0.1:${port}`
  await fetch(`${url}/readyz`)
  const startTime = performance.now() - started
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGINT')
    await Promise.race([once(child, 'exit'), wait(20_000).then(() => child.kill('SIGKILL'))])
  }
  return { name, pid: child.pid!, url, token: '', values: [], rows: 0, startTime, stop }
}

function run(script: string, environment: Environment, nodeOptions: string[] = []): ChildProcess {
  return spawn(process.execPath, [...nodeOptions, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...BLANK, ...environment },
  })
}
