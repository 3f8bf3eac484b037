import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'
import { expectWithin } from '../process.js'

/** Of the machine, and not of whoever works at it: how a registry is reached. */
const KEPT =
  /^(PATH|LANG|TMPDIR|TERM|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|(https?|no)_proxy|npm_config_(registry|cafile))$/i

/** Milliseconds for an installation, in which SQLite may be compiled, and for a run of tests. */
const PATIENCE = 3_600_000

/** Of what a command wrote that fails. */
const LINES = 60

/** A machine of somebody who has Node.js and npm, and nothing else: an empty home and no settings. */
export class Room {
  readonly env: Record<string, string>

  private constructor(readonly folder: string) {
    const kept = Object.entries(process.env).filter(([name]) => KEPT.test(name))
    this.env = {
      ...(Object.fromEntries(kept) as Record<string, string>),
      HOME: join(folder, 'home'),
      npm_config_progress: 'false',
    }
    this.takeNode(dirname(dirname(process.execPath)))
  }

  static async create(folder: string): Promise<Room> {
    const room = new Room(folder)
    await mkdir(room.env.HOME!, { recursive: true })
    return room
  }

  /**
   * npm starts with the first `node` of the path, and so does all that it runs. What is compiled finds the headers beside it.
   * @param home a folder with bin/node
   */
  takeNode(home: string): void {
    this.env.PATH = `${join(home, 'bin')}:${this.env.PATH}`
    if (existsSync(join(home, 'include/node/node_api.h'))) this.env.npm_config_nodedir = home
  }

  /** @returns the path of an empty folder */
  async emptyFolder(name: string): Promise<string> {
    const folder = join(this.folder, name)
    await mkdir(folder)
    return folder
  }

  /**
   * @returns what it wrote to standard output
   * @throws with the end of what it wrote, when it fails
   */
  async run(command: string, cwd: string, env: Record<string, string> = {}): Promise<string> {
    const options = { cwd, env: { ...this.env, ...env }, timeout: PATIENCE, maxBuffer: 2 ** 28 }
    const { stdout } = await promisify(execFile)('sh', ['-ec', command], options).catch((error) => {
      const lines = `${error.stdout}${error.stderr}`.split('\n')
      throw new Error(`${command}: ${lines.slice(-LINES).join('\n')}`)
    })
    return stdout
  }

  /** Runs a command with a terminal, as somebody who types it. */
  async type(command: string, cwd: string, env: Record<string, string> = {}): Promise<Typed> {
    const words = ['--quiet', '--return', '--command', command, '/dev/null']
    return new Typed(spawn('script', words, { cwd, env: { ...this.env, ...env } }))
  }
}

/** A command that runs at a terminal. */
export class Typed {
  private text = ''

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream!.setEncoding('utf8').on('data', (text: string) => (this.text += text.replaceAll('\r\n', '\n')))
  }

  get screen(): string {
    return stripVTControlCharacters(this.text)
  }

  /** @throws with what it wrote, when it ends before or takes too long */
  async shows(part: string): Promise<void> {
    const hasEnded = () => this.child.exitCode !== null || this.child.signalCode !== null
    await expectWithin(PATIENCE, async () => this.text.includes(part) || hasEnded())
    if (!this.text.includes(part)) throw new Error(`it does not show "${part}": ${this.screen}`)
  }

  /** Ctrl-C. @param milliseconds in which it has to end @returns the exit code */
  async interrupt(milliseconds: number): Promise<number | null> {
    this.child.stdin!.write('\u0003')
    const timer = setTimeout(() => this.child.kill('SIGKILL'), milliseconds)
    const [code] = await once(this.child, 'close')
    clearTimeout(timer)
    return code
  }

  /** Of a command that may have ended already. */
  end(): void {
    this.child.kill('SIGKILL')
  }
}
