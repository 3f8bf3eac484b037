import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { createApp } from '../app.js'
import { ConfigError, config } from '../config.js'
import { sequelize } from '../database.js'
import { HttpError } from '../errors.js'
import { recordSettings } from '../events/settings.js'
import { beginStop } from '../http/health.js'
import { log } from '../http/request-log.js'
import { SetupLink } from '../users/setup-link.js'
import { User } from '../users/user.js'
import { startBackground, stopBackground } from './background.js'
import { originAt } from './origin.js'
import { COMMAND, lineOf, prepare } from './prepare.js'

/** Milliseconds: how long a balancer has to see that we stop, how long requests have to end, and the database. */
const STOP = { notice: 1000, patience: 10_000, database: 3000 }

/**
 * Runs the service until a signal ends it.
 * @throws {ConfigError | MigrationError} with a line for the operator, when it cannot start
 */
export async function serve(): Promise<void> {
  // Sequelize tells of a failed BEGIN or COMMIT with a raw line.
  Object.assign(console, { warn: (...parts: unknown[]) => log.warn(parts.map(String).join(' ')) })
  await prepare()
  const server = createServer(
    {
      // Node's own 60 s and 30 s let a thousand slow clients hold a thousand sockets for 90 s (measured).
      headersTimeout: 10_000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: 16 * 1024,
    },
    createApp(),
  )
  if (config.superuser && !(await hasSuperuser())) await makeSuperuser(config.superuser)
  await recordSettings({ ...COMMAND, name: 'start' })
  startBackground()
  await listen(server)
  const { port } = server.address() as AddressInfo
  const origin = originAt(port)
  await offerSetup(origin)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(server, signal))
  log.info({ origin, port }, 'listening')
}

async function offerSetup(origin: string) {
  const secret = await SetupLink.issue()
  // Never through the logger. In the fragment, so that no proxy's log and no Referer has it.
  if (secret) process.stderr.write(`${origin}/admin/#setup=${secret}\n`)
}

async function makeSuperuser({ username, password }: { username: string; password: string }) {
  const choice = { text: password, rules: 'waived' } as const
  try {
    await User.add(
      { username, password: choice, isStaff: true, isSuperuser: true },
      { ...COMMAND, name: 'first start' },
    )
    log.warn({ username }, 'made the first superuser from the environment; its password was not held to the rules')
  } catch (error) {
    // Of several nodes that start together, one makes it.
    if (await hasSuperuser()) return
    throw error instanceof HttpError
      ? new ConfigError(
          `LATCHKEY_SUPERUSER_USERNAME or LATCHKEY_SUPERUSER_PASSWORD cannot be used: ${lineOf(error).replace('latchkey: ', '')}`,
        )
      : error
  }
}

async function hasSuperuser() {
  return (await User.count({ where: { isSuperuser: true } })) > 0
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(
        new ConfigError(
          code === 'EADDRINUSE' || code === 'EACCES'
            ? `PORT cannot be used (${code})`
            : `HOST cannot be used (${code})`,
        ),
      ),
    )
    server.listen(config.port, config.host, resolve)
  })
}

async function stop(server: Server, signal: NodeJS.Signals) {
  log.info({ signal }, 'stopping')
  for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(1))
  beginStop()
  // Whoever presses Ctrl-C has no balancer to wait for.
  if (signal === 'SIGTERM') await wait(STOP.notice)
  const closed = new Promise((resolve) => server.close(resolve))
  // A socket whose last request has just been answered would stay open for its keep-alive.
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  await Promise.race([closed, wait(STOP.patience)])
  clearInterval(idle)
  server.closeAllConnections()
  // A database that hangs must not hold the process.
  await Promise.race([stopBackground().then(() => sequelize.close()), wait(STOP.database)])
  log.info('stopped')
  process.exit(0)
}
