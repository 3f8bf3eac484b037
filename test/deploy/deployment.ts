import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { freePort } from '../postgres.js'
import { expectWithin } from '../process.js'
import type { Image } from './image.js'

const run = promisify(execFile)

type Environment = Record<string, string>

/** What deploy/compose.yaml says of a service, as far as it is replayed. */
interface Service {
  environment: Environment
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
    for (const name of ['node-1', 'node-2', 'proxy']) ports[name] = await freePort()
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
    this.start(name, command, folder, this.environmentOf(name))
    const [file, ...options] = health
    const script = replaced(options.pop()!, { ':8000/': `:${this.ports[name]}/` })
    await expectWithin(30_000, () =>
      run(file!, [...options, script]).then(
        () => true,
        () => false,
      ),
    )
  }

  /** As `docker compose exec <name>`. */
  async execute(name: string, command: string[], input: string): Promise<void> {
    const [file, ...options] = command
    const child = run(file!, options, { cwd: this.place.image.folder, env: this.environmentOf(name) })
    child.child.stdin!.end(input)
    await child
  }

  async startProxy(): Promise<void> {
    const folder = join(this.place.room, 'nginx')
    await mkdir(folder, { recursive: true })
    const site = replaced(await readFile('deploy/nginx.conf', 'utf8'), {
      'node-1:8000': `127.0.0.1:${this.ports['node-1']}`,
      'node-2:8000': `127.0.0.1:${this.ports['node-2']}`,
      'listen 443': `listen 127.0.0.1:${this.port}`,
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
    // nginx ends its workers on SIGTERM alone.
    for (const name of this.running.keys()) await this.stop(name, name === 'proxy' ? 'SIGTERM' : 'SIGKILL')
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
