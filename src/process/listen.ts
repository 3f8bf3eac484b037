import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { createApp } from '../http/app.js'
import { beginStop, quietTime, turnReadsAway } from '../http/health.js'
import { serverOf } from '../http/server.js'
import { ConfigError, type Settings } from '../platform/config.js'
import { sequelize } from '../platform/database/connection.js'
import { startTracing, stopTracing } from '../platform/tracing.js'
import { startBackground, stopBackground } from './background.js'
import { startLine } from './invocation.js'

/**
 * The steps of a stop, in milliseconds: how long a balancer has to notice it, how long we wait at most until it sends nothing
 * more, how long we turn reads away if it still does, how long we accept waiting connections, and how long requests and then the
 * database have to end. This takes 9 s in all, because supervisors lose patience after ten.
 */
const STOP = { notice: 1000, quiet: 1500, turnAway: 500, accept: 500, patience: 4500, database: 1000 }
export const LONGEST_STOP = Object.values(STOP).reduce((sum, milliseconds) => sum + milliseconds)

/** After this many milliseconds without a request, a balancer seems to have noticed. */
const QUIET = 250

/** What the operator can do if the service cannot listen on the address. */
const REMEDIES: Record<string, string> = {
  EADDRINUSE: `PORT is in use: stop the program that listens there, or set another one, as in PORT=8001 ${startLine()}`,
  EACCES: `PORT needs more rights than this user has: set one above 1023, as in PORT=8000 ${startLine()}`,
}

/** A process that answers requests. */
export interface Listening {
  port: number
  /** Finishes the requests that have begun, then closes the database. @param balancer whether there may be one that has to see it first */
  stop: (balancer: 'perhaps' | 'none') => Promise<void>
}

/** @throws {ConfigError} if it cannot listen on the address */
export async function listen(settings: Settings): Promise<Listening> {
  await startTracing(settings)
  const server = serverOf(createApp(settings), settings)
  startBackground(settings)
  await bind(server, settings)
  return { port: (server.address() as AddressInfo).port, stop: (balancer) => stop(server, settings, balancer) }
}

function bind(server: Server, { port, host }: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code = '' }: NodeJS.ErrnoException) =>
      reject(new ConfigError(REMEDIES[code] ?? `HOST cannot be used (${code}): set it to an address of this machine`)),
    )
    server.listen(port, host, resolve)
  })
}

async function stop(server: Server, { isBehindProxy }: Settings, balancer: 'perhaps' | 'none') {
  beginStop()
  if (balancer === 'perhaps') {
    await wait(STOP.notice)
    if (!(await isQuietWithin(STOP.quiet)) && isBehindProxy) {
      turnReadsAway()
      await isQuietWithin(STOP.turnAway)
    }
  }
  await acceptAll(server)
  const closed = new Promise((resolve) => server.close(resolve))
  // A socket that has just had its last response would stay open for its keep-alive.
  const idle = setInterval(() => setImmediate(() => server.closeIdleConnections()), 50)
  await Promise.race([closed, wait(STOP.patience)])
  clearInterval(idle)
  server.closeAllConnections()
  // A hanging database must not keep the process alive.
  const isClosed = stopBackground().then(() => sequelize.close())
  await Promise.race([Promise.all([isClosed, stopTracing()]), wait(STOP.database)])
}

/** A busy balancer notices late, and the requests that it sends meanwhile would be lost with the socket. */
async function isQuietWithin(milliseconds: number): Promise<boolean> {
  for (const end = performance.now() + milliseconds; performance.now() < end; await wait(50))
    if (quietTime() >= QUIET) return true
  return false
}

/**
 * A closed server resets the connections that wait for it. Each turn of the event loop accepts one of them and reads what the
 * sockets have. After two turns in which nothing came, nothing is waiting.
 */
async function acceptAll(server: Server) {
  let came = 0
  const note = () => came++
  server.on('connection', note).on('request', note)
  const end = performance.now() + STOP.accept
  for (let empty = 0; empty < 2 && performance.now() < end; ) {
    const before = came
    await turn()
    empty = came === before ? empty + 1 : 0
  }
}
