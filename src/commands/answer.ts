import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { createApp } from '../app.js'
import { ConfigError, config } from '../config.js'
import { sequelize } from '../database.js'
import { beginStop } from '../http/health.js'
import { prototypesOf } from '../http/prototypes.js'
import { startBackground, stopBackground } from './background.js'

/**
 * Milliseconds: how long a balancer has to see that we stop, how long requests have to end, and the database: 9 s in all,
 * because supervisors lose their patience after ten. No answer takes longer than 6 s, whatever the database does.
 */
export const STOP = { notice: 1000, patience: 6000, database: 2000 }

/** A process that answers requests. */
export interface Answering {
  port: number
  /** Finishes what is in flight and closes the database. @param notice milliseconds that a balancer is given to see it */
  stop: (notice: number) => Promise<void>
}

/** @throws {ConfigError} when the address cannot be listened on */
export async function answer(): Promise<Answering> {
  const app = createApp()
  const server = createServer(
    {
      ...prototypesOf(app),
      // Node's own 60 s and 30 s let a thousand slow clients hold a thousand sockets for 90 s (measured).
      headersTimeout: 10_000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: 16 * 1024,
    },
    app,
  )
  startBackground()
  await listen(server)
  return { port: (server.address() as AddressInfo).port, stop: (notice) => stop(server, notice) }
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

async function stop(server: Server, notice: number) {
  beginStop()
  await wait(notice)
  const closed = new Promise((resolve) => server.close(resolve))
  // A socket whose last request has just been answered would stay open for its keep-alive.
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  await Promise.race([closed, wait(STOP.patience)])
  clearInterval(idle)
  server.closeAllConnections()
  // A database that hangs must not hold the process.
  await Promise.race([stopBackground().then(() => sequelize.close()), wait(STOP.database)])
}
