import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { get as httpGet } from 'node:http'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { VARIABLES } from '../src/platform/variables.js'
import { REAL_HASHES } from './hashes.js'

type Environment = Record<string, string>

/** Nothing of the developer's own settings, nor of the suite's. */
const BLANK = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '']))

/** Settings of a first start, and who signs in with them. */
export const FIRST = { LATCHKEY_SUPERUSER_USERNAME: 'Srinivas', LATCHKEY_SUPERUSER_PASSWORD: 'admin123' }
export const CREDENTIALS = { username: FIRST.LATCHKEY_SUPERUSER_USERNAME, password: FIRST.LATCHKEY_SUPERUSER_PASSWORD }

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

/** Asks again and again until it holds. @throws when it does not within so many milliseconds */
export async function expectWithin(milliseconds: number, holds: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + milliseconds; !(await holds()); await wait(5))
    if (performance.now() > end) throw new Error(`not within ${milliseconds} ms`)
}

/** Runs `latchkey` to its end. */
export async function latchkey(args: string[], env: Environment, input = ''): Promise<Finished> {
  const child = start('build/src/cli.js', args, { ...REAL_HASHES, ...env })
  child.stdin!.end(input)
  return finished(child)
}

/**
 * As `latchkey`, bound by the modes of files: a root that owns them but has given up the right to pass over them.
 * @param cwd where a .env may lie
 */
export async function unprivileged(args: string[], env: Environment, cwd = '.'): Promise<Finished> {
  const bound = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : []
  const [file, ...rest] = [...bound, process.execPath, resolve('build/src/cli.js'), ...args]
  return finished(spawn(file!, rest, { cwd, env: { ...process.env, ...BLANK, ...REAL_HASHES, PORT: '0', ...env } }))
}

/**
 * As `latchkey`, with a terminal to write to.
 * @param typed there, where it asks for something
 * @returns what it wrote
 * @throws with that, where it is refused
 */
export async function onTerminal(args: string, env: Environment, typed?: string): Promise<string> {
  const child = atTerminal(`build/src/cli.js ${args}`, env)
  if (typed !== undefined) child.stdin!.write(typed)
  const { code, stdout } = await finished(child)
  if (code !== 0) throw new Error(stdout)
  return stdout.replaceAll('\r\n', '\n')
}

/**
 * A start with a terminal to write to, and Ctrl-C when the server has been asked for `path` and has told of it.
 * @returns what it wrote until then
 */
export async function startOnTerminal(env: Environment, path: string): Promise<string> {
  const child = atTerminal('build/src/server.js', { PORT: '0', ...REAL_HASHES, ...env })
  const output = collect(child)
  const closed = once(child, 'close')
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  try {
    await expectWithin(15_000, async () => output.stdout.includes('Stop '))
    const [, port] = /:(\d+)\/admin\//.exec(output.stdout)!
    // Not by fetch, which sends no byte as it stands.
    httpGet({ port, path, agent: false }).on('response', (response) => response.resume())
    await expectWithin(5000, async () => / GET .* ms.*\r\n/.test(output.stdout))
    return output.stdout.replaceAll('\r\n', '\n')
  } finally {
    // Ctrl-C.
    child.stdin!.write('\u0003')
    await closed
    clearTimeout(timer)
  }
}

/** util-linux gives what it runs a terminal. */
function atTerminal(command: string, env: Environment): ChildProcess {
  return spawn('script', ['--quiet', '--return', '--command', `exec '${process.execPath}' ${command}`, '/dev/null'], {
    env: { ...process.env, ...BLANK, ...env },
  })
}

/** A server process on a free port. */
export class ServerProcess {
  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
    private readonly output: { stdout: string; stderr: string },
  ) {}

  /**
   * Resolves when it answers.
   * @param root of the project that is served
   * @throws when it ends before
   */
  static async start(env: Environment, root = '.'): Promise<ServerProcess> {
    const child = start(join(root, 'build/src/server.js'), [], { PORT: '0', LATCHKEY_LOG_LEVEL: 'info', ...env })
    const output = collect(child)
    const url = await new Promise<string>((resolve, reject) => {
      const look = () => {
        const [, port] = /"port":(\d+),"msg":"listening"/.exec(output.stdout) ?? []
        if (!port) return
        // A long log that is looked through at each of its lines makes this process slow, and with it what is measured in it.
        child.stdout!.off('data', look)
        resolve(`http://127.0.0.1:${port}`)
      }
      child.stdout!.on('data', look)
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${output.stderr}`)))
    })
    return new ServerProcess(child, url, output)
  }

  /** Everything that it wrote. */
  get log(): string {
    return this.output.stdout + this.output.stderr
  }

  get stderr(): string {
    return this.output.stderr
  }

  get lines(): Record<string, unknown>[] {
    // What is after the last line end is a line that is still on its way.
    return this.output.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  }

  fetch(
    path: string,
    {
      token,
      json,
      method = json === undefined ? 'GET' : 'POST',
    }: { token?: string; json?: unknown; method?: string } = {},
  ) {
    return fetch(this.url + path, {
      method,
      headers: {
        ...(token && { Authorization: `Token ${token}` }),
        ...(json !== undefined && { 'Content-Type': 'application/json' }),
      },
      body: json === undefined ? undefined : JSON.stringify(json),
    })
  }

  /** @returns the account token of whom `FIRST` has made, or of another */
  async signIn(credentials = CREDENTIALS): Promise<string> {
    const answer = await this.fetch('/gettoken/', { json: credentials })
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
    return ((await answer.json()) as { token: string }).token
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode
    this.child.kill(signal)
    const [code] = await once(this.child, 'exit')
    return code
  }
}

/** Starts the server where it is expected to refuse. */
export async function refusedStart(env: Environment): Promise<Finished> {
  return finished(start('build/src/server.js', [], { PORT: '0', ...REAL_HASHES, ...env }))
}

function start(script: string, args: string[], env: Environment): ChildProcess {
  return spawn(process.execPath, [script, ...args], { env: { ...process.env, ...BLANK, ...env } })
}

async function finished(child: ChildProcess): Promise<Finished> {
  const output = collect(child)
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  return { code, ...output }
}

function collect(child: ChildProcess) {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (text: string) => (output[name] += text))
  return output
}
