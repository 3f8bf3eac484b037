import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../postgres.js'
import { expectWithin } from '../process.js'

export interface Place {
  /** Of Latchkey; the second one for who asks another node when the first is away. */
  latchkey: [number, number?]
  /** Of the service behind it; who is a service needs none. */
  service: number
  /** A folder below the project's, whose packages an example finds. */
  room: string
}

/** What stands between clients and a service: a proxy, or the service's own few lines. */
export interface Kind {
  name: string
  kind: 'proxy' | 'example'
  /** Milliseconds within which it says 503 when Latchkey says nothing, as its file or the documentation states. */
  patience: number
  /** Makes what it needs in the room. @returns the command that runs in it, and what its environment adds */
  prepare: (place: Place, port: number) => Promise<{ command: string[]; env?: Record<string, string> }>
}

export const NGINX: Kind = {
  name: 'nginx',
  kind: 'proxy',
  patience: 7000,
  async prepare(place, port) {
    const [first, second] = place.latchkey
    await copied('deploy/proxies/nginx.conf', place, {
      '127.0.0.1:8080': `127.0.0.1:${port}`,
      '127.0.0.1:8000': `127.0.0.1:${first}`,
      ...(second && { '# server 127.0.0.1:8001': `server 127.0.0.1:${second}` }),
      '127.0.0.1:8100': `127.0.0.1:${place.service}`,
      '/run/nginx.pid': join(place.room, 'nginx.pid'),
      '/var/log/nginx': place.room,
    })
    const options = ['-e', 'stderr', '-c', join(place.room, 'nginx.conf'), '-g', 'daemon off;']
    return { command: ['nginx', ...options] }
  },
}

/** nginx that lets everybody in, to tell what the check costs. */
export const OPEN_NGINX: Kind = {
  ...NGINX,
  name: 'nginx without a check',
  async prepare(place, port) {
    const prepared = await NGINX.prepare(place, port)
    const file = join(place.room, 'nginx.conf')
    const changes = { 'auth_request /_latchkey;': '', 'http://$let_in_to': 'http://reports' }
    await writeFile(file, replaced(await readFile(file, 'utf8'), changes))
    return prepared
  },
}

const CADDY: Kind = {
  name: 'Caddy',
  kind: 'proxy',
  patience: 7000,
  async prepare(place, port) {
    await copied('deploy/proxies/Caddyfile', place, {
      'http://:8080': `http://:${port}`,
      '127.0.0.1:8000': `127.0.0.1:${place.latchkey[0]}`,
      '127.0.0.1:8100': `127.0.0.1:${place.service}`,
    })
    const env = { HOME: place.room, XDG_DATA_HOME: place.room, XDG_CONFIG_HOME: place.room }
    return { command: ['caddy', 'run', '--config', 'Caddyfile', '--adapter', 'caddyfile'], env }
  },
}

const HAPROXY: Kind = {
  name: 'HAProxy',
  kind: 'proxy',
  patience: 8000,
  async prepare(place, port) {
    await copied('deploy/proxies/haproxy.cfg', place, {
      '127.0.0.1:8080': `127.0.0.1:${port}`,
      '127.0.0.1:8100': `127.0.0.1:${place.service}`,
    })
    await copied('deploy/proxies/latchkey.lua', place, { '127.0.0.1:8000': `127.0.0.1:${place.latchkey[0]}` })
    return { command: ['haproxy', '-db', '-f', 'haproxy.cfg'] }
  },
}

const EXPRESS = example('Express', 'express.mjs', (port) => ({
  command: [process.execPath, 'express.mjs'],
  env: { PORT: String(port) },
}))

const FASTAPI = example('FastAPI', 'fastapi_service.py', (port) => ({
  command: ['/usr/bin/python3', '-m', 'uvicorn', '--port', String(port), 'fastapi_service:app'],
}))

const DJANGO = example('Django', 'drf_service.py', (port) => ({
  command: ['/usr/bin/python3', '-m', 'gunicorn', '-b', `127.0.0.1:${port}`, '--threads', '8', 'drf_service'],
}))

const GO: Kind = {
  ...example('Go', 'service.go', (port) => ({ command: ['./service'], env: { PORT: String(port) } })),
  async prepare(place, port) {
    await copied('examples/service.go', place, {})
    await promisify(execFile)('go', ['build', '-o', 'service', 'service.go'], { cwd: place.room })
    const env = { PORT: String(port), LATCHKEY_URL: `http://127.0.0.1:${place.latchkey[0]}` }
    return { command: ['./service'], env }
  },
}

export const PROXIES = [NGINX, CADDY, HAPROXY]
export const KINDS = [...PROXIES, EXPRESS, FASTAPI, DJANGO, GO]

function example(
  name: string,
  file: string,
  started: (port: number) => { command: string[]; env?: Record<string, string> },
): Kind {
  return {
    name,
    kind: 'example',
    patience: 7000,
    async prepare(place, port) {
      await copied(`examples/${file}`, place, {})
      const { command, env } = started(port)
      return { command, env: { ...env, LATCHKEY_URL: `http://127.0.0.1:${place.latchkey[0]}` } }
    },
  }
}

/** One of them that runs. */
export class Gate {
  private output = ''

  private constructor(
    readonly kind: Kind,
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /** Resolves when it takes connections. @throws with what it wrote, when it does not within 20 s */
  static async start(kind: Kind, place: Place): Promise<Gate> {
    const room = resolve(place.room, kind.name.replaceAll(' ', '-'))
    await mkdir(room, { recursive: true })
    const port = await freePort()
    const { command, env } = await kind.prepare({ ...place, room }, port)
    const [file, ...options] = command
    const child = spawn(file!, options, {
      cwd: room,
      env: { PATH: process.env.PATH, HOME: room, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const gate = new Gate(kind, port, child)
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        gate.output += text
      })
    await expectWithin(20_000, () => takesConnections(port)).catch(async (error) => {
      await gate.stop()
      throw new Error(`${kind.name}: ${error.message}\n${gate.output}`)
    })
    return gate
  }

  /** Everything that it wrote. */
  get log(): string {
    return this.output
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    // nginx and gunicorn end those that work for them on SIGTERM alone.
    this.child.kill('SIGTERM')
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5000)
    await once(this.child, 'exit')
    clearTimeout(timer)
  }
}

/** Only ports and paths are other ones than in the project's file. */
async function copied(file: string, { room }: Place, changes: Record<string, string>) {
  const target = join(room, file.slice(file.lastIndexOf('/') + 1))
  await writeFile(target, replaced(await readFile(file, 'utf8'), changes))
}

/** @throws when one of them is not in the text */
function replaced(text: string, changes: Record<string, string>): string {
  return Object.entries(changes).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`there is no ${from} to be replaced`)
    return text.replaceAll(from, to)
  }, text)
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((found) => {
    const socket = connect(port, '127.0.0.1')
    socket
      .once('connect', () => {
        socket.destroy()
        found(true)
      })
      .once('error', () => found(false))
  })
}
