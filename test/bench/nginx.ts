import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../postgres.js'
import { expectWithin } from '../process.js'
import type { Target } from './targets.js'

export const WITHOUT_CHECK = 'nginx'
export const WITH_CHECK = 'nginx that asks Latchkey'

/** What the project hands out. */
const FILE = 'deploy/proxies/nginx.conf'

/** Where that is not to be had: the least of it, with the same addresses. */
const LEAST = `
pid /run/nginx.pid;
events {}
http {
  access_log /var/log/nginx/access.log;
  upstream latchkey { server 127.0.0.1:8000; keepalive 32; }
  upstream reports { server 127.0.0.1:8100; keepalive 32; }
  proxy_http_version 1.1;
  server {
    listen 127.0.0.1:8080;
    location / {
      auth_request /_latchkey;
      auth_request_set $latchkey_user_id $upstream_http_x_latchkey_user_id;
      proxy_set_header X-Latchkey-User-Id $latchkey_user_id;
      proxy_set_header Authorization "";
      proxy_set_header Connection "";
      proxy_pass http://reports;
    }
    location = /_latchkey {
      internal;
      proxy_pass http://latchkey/api/checks/reports:read;
      proxy_pass_request_headers off;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Authorization $http_authorization;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header Connection "";
    }
  }
}
`

/** @returns whether nginx is installed; that it is not stands on standard error */
export function hasNginx(): boolean {
  if (spawnSync('nginx', ['-v']).status === 0) return true
  console.error('The check through nginx is left out, because nginx is not installed')
  return false
}

/**
 * nginx with one worker and kept connections in front of a service.
 * @param name one of the above
 * @param latchkey whom it asks, and whose token its clients send
 */
export async function startNginx(name: string, latchkey: Target, service: Target, room: string): Promise<Target> {
  const started = performance.now()
  const folder = await mkdtemp(join(room, 'nginx-'))
  const port = await freePort()
  const changes: [RegExp, string][] = [
    // After its thousand nginx ends a connection under the next request, which counts as an error.
    [/http \{/, 'http {\n  keepalive_requests 100000000;'],
    [/127\.0\.0\.1:8080/g, `127.0.0.1:${port}`],
    [/127\.0\.0\.1:8000/g, new URL(latchkey.url).host],
    [/127\.0\.0\.1:8100/g, new URL(service.url).host],
    [/\/run\/nginx\.pid/g, join(folder, 'nginx.pid')],
    [/\/var\/log\/nginx/g, folder],
    [/reports:/g, 'employees:'],
  ]
  if (name === WITHOUT_CHECK)
    changes.push([/auth_request \/_latchkey;/, ''], [/http:\/\/\$let_in_to/, 'http://reports'])
  const text = existsSync(FILE) ? await readFile(FILE, 'utf8') : LEAST
  const configuration = join(folder, 'nginx.conf')
  await writeFile(
    configuration,
    changes.reduce((text, [from, to]) => text.replace(from, to), text),
  )
  const child = spawn('nginx', ['-e', 'stderr', '-c', configuration, '-g', 'daemon off;'], { stdio: 'inherit' })
  const url = `http://127.0.0.1:${port}`
  await expectWithin(10_000, () =>
    fetch(url)
      .then(({ status }) => status < 500)
      .catch(() => false),
  )
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  return { ...latchkey, name, pid: child.pid!, url, startTime: performance.now() - started, stop }
}
