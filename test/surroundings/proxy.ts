import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../postgres.js'
import { expectWithin } from '../process.js'

/** Somebody else's proxy in front of a server, as a process of its own. */
export class ForeignProxy {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly port: number,
  ) {}

  /** @param location lines of nginx for what is passed on */
  static nginx(upstream: string, location: string, files: Record<string, string> = {}): Promise<ForeignProxy> {
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    return ForeignProxy.start(
      ['nginx', '-e', 'stderr', '-c'],
      files,
      ({ port, folder }) => `
        daemon off;
        pid ${folder}/pid;
        ${process.getuid?.() === 0 ? 'user root;' : ''}
        events {}
        http {
          access_log off;
          ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n')}
          server {
            listen 127.0.0.1:${port};
            location / {
              proxy_pass ${upstream};
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Host $http_host;
              ${location.replaceAll('FOLDER', folder)}
            }
          }
        }`,
    )
  }

  /** Connections to the server are shared by all clients. @param protocol what it speaks with them, HTTP/2 without TLS */
  static haproxy(upstream: string, protocol: 'h1' | 'h2'): Promise<ForeignProxy> {
    return ForeignProxy.start(
      ['haproxy', '-db', '-f'],
      {},
      ({ port }) => `
defaults
  mode http
  option http-keep-alive
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend clients
  bind 127.0.0.1:${port} proto ${protocol}
  default_backend nodes
backend nodes
  http-reuse always
  server node ${new URL(upstream).host}
`,
    )
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async stop(): Promise<void> {
    // nginx ends its workers on SIGTERM alone.
    this.child.kill('SIGTERM')
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit')
    await rm(this.folder, { recursive: true, force: true })
  }

  private static async start(
    command: string[],
    files: Record<string, string>,
    configured: (place: { port: number; folder: string }) => string,
  ): Promise<ForeignProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-proxy-'))
    const port = await freePort()
    const all = { ...files, configuration: configured({ port, folder }) }
    for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text)
    const [file, ...options] = command
    const child = spawn(file!, [...options, join(folder, 'configuration')], { stdio: ['ignore', 'ignore', 'inherit'] })
    const proxy = new ForeignProxy(child, folder, port)
    await expectWithin(5000, () => isListening(port))
    return proxy
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
