import { lstatSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { misspelledSettings, type Settings, settings } from '../platform/config.js'
import { type Finding, fail, ok, warn } from './doctor-finding.js'

/** Settings that work but are probably not meant. A wrong setting stops every command before it begins. */
export async function findingsOfSettings(): Promise<Finding[]> {
  const given = settings()
  const found = [
    ...unknown(),
    ...ofPublicUrl(given),
    ...ofOrigins(given),
    ...ofProxy(given),
    ...ofDatabaseUrl(given),
    ...ofProcess(given),
  ]
  return found.length > 0 ? found : [ok('all are known, and none contradicts another')]
}

function unknown(): Finding[] {
  return misspelledSettings().map(({ name, nearest }) =>
    warn(`${name} is not a setting; the nearest one is ${nearest}`, 'rename or remove it'),
  )
}

function ofPublicUrl({ publicUrl, host }: Settings): Finding[] {
  if (!publicUrl) return isLoopback(host) ? [] : [withoutUrl(host)]
  const found: Finding[] = []
  if (publicUrl.protocol === 'http:' && !isLoopback(publicUrl.hostname))
    found.push(
      warn(
        'LATCHKEY_PUBLIC_URL is http: tokens, passwords and cookies cross the network in clear text',
        'put a proxy that speaks TLS in front, and set the URL to https',
      ),
    )
  if (publicUrl.pathname !== '/')
    found.push(
      warn(
        `LATCHKEY_PUBLIC_URL has a path (${publicUrl.pathname}): every other application on ${publicUrl.origin} passes the same-origin check, so a hole in one of them can act as any user who has a session here`,
        'give Latchkey a host name of its own, or trust every application on that origin as much as this one',
      ),
    )
  return found
}

function ofOrigins({ corsOrigins, publicUrl }: Settings): Finding[] {
  const found: Finding[] = []
  const clear = corsOrigins.filter((origin) => origin.startsWith('http:') && !isLoopback(new URL(origin).hostname))
  if (clear.length > 0)
    found.push(
      warn(
        `LATCHKEY_CORS_ORIGINS has ${clear.join(', ')}: anybody on the network can change a page that is not https, and take the tokens that it uses`,
        'serve those pages over https',
      ),
    )
  const local = corsOrigins.filter((origin) => isLoopback(new URL(origin).hostname))
  if (local.length > 0 && publicUrl && !isLoopback(publicUrl.hostname))
    found.push(
      warn(
        `LATCHKEY_CORS_ORIGINS has ${local.join(', ')}, which is whatever runs on each user's own machine`,
        'list it only where you develop',
      ),
    )
  if (publicUrl && corsOrigins.includes(publicUrl.origin))
    found.push(
      warn(`LATCHKEY_CORS_ORIGINS has the origin of LATCHKEY_PUBLIC_URL, which need not be listed`, 'remove it'),
    )
  return found
}

function withoutUrl(host: string): Finding {
  return warn(
    `LATCHKEY_PUBLIC_URL is not set while HOST is ${host}: nobody can sign in to the sites from another machine`,
    'set it to the URL that clients see',
  )
}

function ofProxy({ publicUrl, trustProxy, isBehindProxy, host }: Settings): Finding[] {
  if (publicUrl?.protocol === 'https:' && !isBehindProxy)
    return [
      warn(
        'LATCHKEY_TRUST_PROXY is not set while LATCHKEY_PUBLIC_URL is https: every client counts as the proxy, so one client that guesses passwords locks everybody out',
        'set it to the address of the proxy that speaks TLS',
      ),
    ]
  if (Array.isArray(trustProxy) && trustProxy.some((network) => /\/0$/.test(network)))
    return [
      warn(
        'LATCHKEY_TRUST_PROXY trusts everybody: a client can claim any address with X-Forwarded-For',
        'list only the addresses of the proxies',
      ),
    ]
  if (typeof trustProxy === 'number' && trustProxy > 0 && !isLoopback(host))
    return [
      warn(
        `LATCHKEY_TRUST_PROXY is a count (${trustProxy}) while HOST is ${host}: a client that reaches this port without the proxies can claim any address with X-Forwarded-For`,
        'list the addresses of the proxies, or let nobody else reach the port',
      ),
    ]
  return []
}

function ofDatabaseUrl({ database }: Settings): Finding[] {
  if (database.dialect === 'sqlite' || database.tls) return []
  const far = database.places.filter(({ host }) => !isLoopback(host) && !host.startsWith('/'))
  if (far.length === 0) return []
  return [
    warn(
      `DATABASE_URL has no sslmode: the traffic to ${far.map(({ host }) => host).join(' and ')} crosses the network in clear text`,
      'add sslmode=verify-full, and sslrootcert if the certificate authority is your own',
    ),
  ]
}

function ofProcess({ workers, database, logLevel }: Settings): Finding[] {
  const cores = availableParallelism()
  const found: Finding[] = []
  if (workers > 1 && database.dialect === 'sqlite')
    found.push(
      fail(
        'WEB_CONCURRENCY is more than 1 on SQLite, which has one writer: the service refuses to start',
        'set it to 1',
      ),
    )
  else if (workers > cores)
    found.push(
      warn(
        `WEB_CONCURRENCY is ${workers} on ${cores} cores: the processes wait for each other`,
        'set it to the number of cores',
      ),
    )
  if (['silent', 'fatal'].includes(logLevel))
    found.push(warn(`LATCHKEY_LOG_LEVEL is ${logLevel}: no warning reaches the log`, 'set it to info or warn'))
  const file = resolve('.env')
  const stored = lstatSync(file, { throwIfNoEntry: false })
  if (stored?.isFile() && (stored.mode & 0o077) !== 0)
    found.push(warn(`users other than the owner can read ${file}, which may hold secrets`, `chmod 600 ${file}`))
  return found
}

/** The host may also come from a URL, where an IPv6 address has brackets. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
