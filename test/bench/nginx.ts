import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../postgres.js'
import { expectWithin } from '../process.js'
import type { Target } from './targets.js'

export const WITHOUT_CHECK = 'nginx'
export const WITH_CHECK = 'nginx that asks Latchkey'

/** What the project hands out. */
const FILE = 'deploy/proxies/nginx.conf'

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
  const text = await readFile(FILE, 'utf8')
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
