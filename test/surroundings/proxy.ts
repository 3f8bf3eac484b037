import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
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
    return ForeignProxy.start(NGINX, files, ({ port, folder }) =>
      nginxOf(
        folder,
        `listen 127.0.0.1:${port};
         location / {
           proxy_pass ${upstream};
           proxy_http_version 1.1;
           proxy_set_header Connection "";
           proxy_set_header Host $http_host;
           ${location.replaceAll('FOLDER', folder)}
         }`,
      ),
    )
  }

  /** In front of a server at `/tokens/` and of another application at every other path, with TLS. */
  static atPath(
    kind: 'nginx' | 'Caddy',
    way: 'takes the path away' | 'leaves the path as it is',
    upstream: string,
    port: number,
  ): Promise<ForeignProxy> {
    const isTaken = way === 'takes the path away'
    if (kind === 'nginx')
      return ForeignProxy.start(
        NGINX,
        certificate(),
        ({ folder }) =>
          nginxOf(
            folder,
            `listen 127.0.0.1:${port} ssl;
             ssl_certificate ${folder}/certificate.pem;
             ssl_certificate_key ${folder}/key.pem;
             location /tokens/ {
               proxy_pass ${upstream}${isTaken ? '/' : ''};
               proxy_http_version 1.1;
               proxy_set_header Connection "";
               proxy_set_header Host $http_host;
               proxy_set_header X-Forwarded-For $remote_addr;
               proxy_set_header X-Forwarded-Proto $scheme;
             }
             location / {
               return 200 "another application";
             }`,
          ),
        port,
      )
    return ForeignProxy.start(
      ['caddy', 'run', '--adapter', 'caddyfile', '--config'],
      certificate(),
      ({ folder }) => `
{
  admin off
  auto_https off
  log {
    level ERROR
  }
}
https://localhost:${port} {
  bind 127.0.0.1
  tls ${folder}/certificate.pem ${folder}/key.pem
  redir /tokens /tokens/
  ${isTaken ? 'handle_path' : 'handle'} /tokens/* {
    reverse_proxy ${upstream}
  }
  handle {
    respond "another application"
  }
}
`,
      port,
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
    wanted?: number,
  ): Promise<ForeignProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-proxy-'))
    const port = wanted ?? (await freePort())
    const all = { ...files, configuration: configured({ port, folder }) }
    for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text)
    const [file, ...options] = command
    const child = spawn(file!, [...options, join(folder, 'configuration')], {
      stdio: ['ignore', 'ignore', 'inherit'],
      // Where Caddy keeps what it was told last.
      env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    })
    const proxy = new ForeignProxy(child, folder, port)
    await expectWithin(5000, () => isListening(port))
    return proxy
  }
}

const NGINX = ['nginx', '-e', 'stderr', '-c']

/** @param server lines of its only server */
function nginxOf(folder: string, server: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
    daemon off;
    pid ${folder}/pid;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    events {}
    http {
      access_log off;
      ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n')}
      server {
        ${server}
      }
    }`
}

/** For `localhost`, of nobody whom a browser knows. */
function certificate(): Record<string, string> {
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '1']
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const pem = execFileSync('openssl', ['req', ...kind, ...subject, '-keyout', '-', '-out', '-'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const part = (name: string) => new RegExp(`-----BEGIN ${name}-----[^]+?-----END ${name}-----\\n`).exec(pem)![0]
  return { 'certificate.pem': part('CERTIFICATE'), 'key.pem': part('PRIVATE KEY') }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
