import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { type Answer, answerTo } from '../answer.js'
import { freePort } from '../postgres.js'
import { expectWithin } from '../process.js'
import type { Image } from './image.js'

const run = promisify(execFile)

type Environment = Record<string, string>

/** What deploy/compose.yaml says of a service, as far as it is replayed. */
interface Service {
  environment: Environment
  read_only?: boolean
  networks: { default: { ipv4_address: string } }
}

export interface Place {
  image: Image
  /** Of .env. */
  settings: Environment
  /** The database that stands for the service `database`, as host:port. */
  database: string
  /** A folder with fullchain.pem and privkey.pem. */
  certificates: string
  room: string
}

/** The nodes and the proxy of deploy/compose.yaml as processes on loopback; the database is another one's affair. */
export class Deployment {
  private readonly running = new Map<string, ChildProcess>()
  private readonly stubs = new Map<string, Server>()
  private output = ''

  private constructor(
    private readonly place: Place,
    private readonly services: Record<string, Service>,
    private readonly ports: Record<string, number>,
  ) {}

  static async create(place: Place): Promise<Deployment> {
    const text = await readFile('deploy/compose.yaml', 'utf8')
    const filled = text.replaceAll(/\$\{(\w+):\?\}/g, (_, name: string) => {
      if (!place.settings[name]) throw new Error(`.env has no ${name}`)
      return place.settings[name]
    })
    const { services } = parse(filled, { merge: true }) as { services: Record<string, Service> }
    const ports: Record<string, number> = {}
    for (const name of ['node-1', 'node-2', 'proxy', 'unsent']) ports[name] = await freePort()
    return new Deployment(place, services, ports)
  }

  get port(): number {
    return this.ports.proxy!
  }

  /** What all of them wrote. */
  get log(): string {
    return this.output
  }

  /** Resolves when the health check of the image says that it is ready. */
  async startNode(name: string): Promise<void> {
    const { folder, command, health } = this.place.image
    const env = this.environmentOf(name)
    this.start(name, this.inContainer(name, command), folder, env)
    const [file, ...options] = this.inContainer(name, health)
    await expectWithin(30_000, () =>
      run(file!, options, { cwd: folder, env }).then(
        () => true,
        () => false,
      ),
    )
  }

  /** As `docker compose exec <name>`. */
  async execute(name: string, command: string[], input: string): Promise<void> {
    const [file, ...options] = this.inContainer(name, command)
    const child = run(file!, options, { cwd: this.place.image.folder, env: this.environmentOf(name) })
    child.child.stdin!.end(input)
    await child
  }

  /** As a peer of the node asks it, by the name that compose.yaml gives it. */
  ask(name: string, path: string, token: string): Promise<Answer> {
    const headers = { Host: `${name}:8000`, Authorization: `Token ${token}` }
    return answerTo(httpRequest({ host: '127.0.0.1', port: this.ports[name], path, headers }))
  }

  /**
   * In the place of a node one that dies of each request when it has read it whole.
   * @param seen is told of each request
   */
  async startDying(name: string, seen: (method: string) => void): Promise<void> {
    const stub = createServer((request) => {
      request.resume().once('end', () => {
        seen(request.method!)
        request.socket.destroy()
      })
    })
    stub.listen(this.ports[name], '127.0.0.1')
    await once(stub, 'listening')
    this.stubs.set(name, stub)
  }

  async stopDying(name: string): Promise<void> {
    const stub = this.stubs.get(name)!
    stub.closeAllConnections()
    await new Promise((resolve) => stub.close(resolve))
    this.stubs.delete(name)
  }

  async startProxy(): Promise<void> {
    const folder = join(this.place.room, 'nginx')
    await mkdir(folder, { recursive: true })
    const site = replaced(await readFile('deploy/nginx.conf', 'utf8'), {
      'node-1:8000': `127.0.0.1:${this.ports['node-1']}`,
      'node-2:8000': `127.0.0.1:${this.ports['node-2']}`,
      'listen 443': `listen 127.0.0.1:${this.port}`,
      '127.0.0.1:8001': `127.0.0.1:${this.ports.unsent}`,
      '/etc/nginx/certificates': this.place.certificates,
    })
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    const whole = `
      daemon off;
      pid ${folder}/pid;
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      events {}
      http {
        access_log off;
        ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n')}
        ${site}
      }`
    await writeFile(join(folder, 'nginx.conf'), whole)
    this.start('proxy', ['nginx', '-e', 'stderr', '-c', join(folder, 'nginx.conf')], folder, {
      PATH: process.env.PATH!,
    })
  }

  /** @returns the exit code */
  async stop(name: string, signal: NodeJS.Signals): Promise<number | null> {
    const child = this.running.get(name)!
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await once(child, 'exit')
    }
    return child.exitCode
  }

  async remove(): Promise<void> {
    for (const name of this.stubs.keys()) await this.stopDying(name)
    // nginx ends its workers on SIGTERM alone.
    for (const name of this.running.keys()) await this.stop(name, name === 'proxy' ? 'SIGTERM' : 'SIGKILL')
  }

  /** As the image's user and, where compose.yaml says so, on a file system that is read-only; for who is not root, as he is. */
  private inContainer(name: string, command: string[]): string[] {
    const { user, folder } = this.place.image
    if (process.getuid?.() !== 0 || user === 'root') return command
    if (user !== 'node') throw new Error(`who is ${user}?`)
    const asUser = ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups', ...command]
    if (!this.services[name]!.read_only) return asUser
    const script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'
    return ['unshare', '--mount', 'sh', '-c', script, folder, ...asUser]
  }

  private start(name: string, command: string[], cwd: string, env: Environment) {
    const [file, ...options] = command
    const child = spawn(file!, options, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    this.running.set(name, child)
  }

  /** Of the image and of compose.yaml alone, with addresses that there are here. */
  private environmentOf(name: string): Environment {
    const said = this.services[name]!.environment
    return {
      PATH: process.env.PATH!,
      ...this.place.image.env,
      ...said,
      HOST: '127.0.0.1',
      PORT: String(this.ports[name]),
      DATABASE_URL: replaced(said.DATABASE_URL!, { '@database:5432/': `@${this.place.database}/` }),
      LATCHKEY_TRUST_PROXY: replaced(said.LATCHKEY_TRUST_PROXY!, {
        [this.services.proxy!.networks.default.ipv4_address]: '127.0.0.1',
      }),
    }
  }
}

/** @throws when one of them is not in the text */
function replaced(text: string, changes: Record<string, string>): string {
  return Object.entries(changes).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`there is no ${from} any more`)
    return text.replaceAll(from, to)
  }, text)
}
