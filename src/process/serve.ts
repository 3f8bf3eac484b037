import { setTimeout as wait } from 'node:timers/promises'
import { recordSettings } from '../audit/settings.js'
import { requireForeignPrefix } from '../http/prefix.js'
import { issueSetupLink } from '../identity/sign-in/setup-link.js'
import { User } from '../identity/users/user.js'
import { ConfigError, isWorker, misspelledSettings, type Settings } from '../platform/config.js'
import { sequelize } from '../platform/database/connection.js'
import { requireRights } from '../platform/database/rights.js'
import { HttpError } from '../platform/failures.js'
import { log } from '../platform/log.js'
import { prefixOf } from '../platform/public-url.js'
import { isWatched } from '../platform/terminal.js'
import { baseAt } from './base.js'
import { greeting } from './greeting.js'
import { LONGEST_STOP, listen } from './listen.js'
import { COMMAND, lineOf } from './operator.js'
import { prepare } from './prepare.js'
import { killWorkers, startWorkers, stopWorkers } from './workers.js'

/** Milliseconds that the primary gives its own connections, and its workers in addition to the longest time that they need. */
const GRACE = 500

const STOPS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Runs the service until a signal ends it, in this process or in the number of workers that is set.
 * @throws {ConfigError | MigrationError} with a line for the operator, if it cannot start
 */
export async function serve(settings: Settings): Promise<void> {
  requireOneWriter(settings)
  requireForeignPrefix(prefixOf(settings))
  // Sequelize reports a failed BEGIN or COMMIT with a raw line.
  Object.assign(console, { warn: (...parts: unknown[]) => log.warn(parts.map(String).join(' ')) })
  const made = await prepare(settings, 'create')
  if (made !== undefined && !isWatched) log.info({ database: made }, 'made a new database')
  await requireRights()
  if (isWorker()) return work(settings)
  for (const { name, nearest } of misspelledSettings())
    log.warn({ variable: name, nearest }, `${name} is not a setting; the nearest one is ${nearest}`)
  if (settings.superuser && !(await hasSuperuser())) await makeSuperuser(settings.superuser)
  await recordSettings(settings, { ...COMMAND, kind: 'service', name: 'start' })
  const port = settings.workers === 1 ? await serveHere(settings) : await serveByWorkers(settings)
  const base = baseAt(settings, port)
  await tellOfStart(settings, base)
  if (!isWatched) log.info({ workers: settings.workers, url: base, port }, 'listening')
}

/**
 * SQLite has one writer and no queue for several processes. Of two processes, each gets the lock again and again while the other
 * tries. One create in a hundred took ten times as long as in one process, or was refused (measured).
 */
function requireOneWriter({ workers, database }: Settings) {
  if (workers > 1 && database.dialect === 'sqlite')
    throw new ConfigError(
      'WEB_CONCURRENCY must be 1 on SQLite, which has one writer; several processes need PostgreSQL',
    )
}

async function serveHere(settings: Settings): Promise<number> {
  const { port, stop } = await listen(settings)
  // Somebody who presses Ctrl-C has no balancer to wait for.
  onStop(
    (signal) => stop(signal === 'SIGINT' ? 'none' : 'perhaps'),
    () => {},
  )
  return port
}

async function serveByWorkers(settings: Settings): Promise<number> {
  const port = await startWorkers(settings)
  onStop(async () => {
    const closed = Promise.race([sequelize.close(), wait(GRACE)])
    await stopWorkers(LONGEST_STOP + GRACE)
    await closed
  }, killWorkers)
  return port
}

/**
 * A worker stops when its primary tells it to, or when the primary ends. Ctrl-C, a closed terminal and some supervisors signal
 * every process. So a worker that is signalled twice goes on stopping, and only the primary acts on the second signal.
 */
async function work(settings: Settings) {
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
  const { stop } = await listen(settings)
  process.once('SIGTERM', () => {
    process.on('SIGTERM', () => {})
    void stop('perhaps').then(() => process.exit(0))
  })
}

/**
 * The first signal stops the process in order, and the second at once. But a closed terminal may signal twice, by the kernel and
 * by its shell.
 */
function onStop(inOrder: (signal: NodeJS.Signals) => Promise<void>, atOnce: () => void) {
  const again = () => {
    atOnce()
    process.exit(1)
  }
  const first = (signal: NodeJS.Signals) => {
    for (const name of STOPS) process.off(name, first).on(name, name === 'SIGHUP' ? () => {} : again)
    log.info({ signal }, 'stopping')
    void inOrder(signal).then(() => {
      log.info('stopped')
      process.exit(0)
    })
  }
  for (const name of STOPS) process.on(name, first)
}

/** The link is secret, so it is not logged. The secret is in the fragment, so that no proxy's log and no Referer has it. */
async function tellOfStart({ docs }: Settings, base: string) {
  const secret = await issueSetupLink()
  const link = secret && `${base}/admin/#setup=${secret}`
  if (isWatched) process.stderr.write(greeting({ base, docs, link }))
  else if (link) process.stderr.write(`${link}\n`)
}

async function makeSuperuser({ username, password }: { username: string; password: string }) {
  const choice = { text: password, rules: 'waived' } as const
  try {
    await User.add(
      { username, password: choice, isStaff: true, isSuperuser: true },
      { ...COMMAND, kind: 'service', name: 'first start' },
    )
    log.warn({ username }, 'made the first superuser from the environment; its password was not held to the rules')
  } catch (error) {
    // If several nodes start together, one of them makes the link.
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
