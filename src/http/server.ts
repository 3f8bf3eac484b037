import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Express } from 'express'
import type { Settings } from '../platform/config.js'
import { HEAD, LINES } from './head.js'
import { prototypesOf } from './prototypes.js'
import { refuseUnreadable } from './unreadable.js'

/**
 * Milliseconds that an idle socket stays open. A proxy usually keeps its sockets for 60 s and must be the first to close one. If
 * we close one at the moment when it sends a request, it cannot know what became of the request.
 */
const KEEP_ALIVE = { alone: 5000, behindProxy: 65_000 }

/**
 * Milliseconds without a byte in or out, after which nobody seems to read the response. Node.js then looks how much is left to
 * write, and closes the socket if nothing of it has gone after the same time again.
 */
const UNREAD = 20_000

/** A server that is not listening yet, with the limits of its connections. */
export function serverOf(app: Express, { isBehindProxy }: Settings): Server {
  const server = createServer(
    {
      ...prototypesOf(app),
      // With Node's own 60 s and 30 s, a thousand slow clients hold a thousand sockets for 90 s (measured).
      headersTimeout: 10_000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: isBehindProxy ? KEEP_ALIVE.behindProxy : KEEP_ALIVE.alone,
      maxHeaderSize: HEAD,
      // Node.js would refuse such a request without a line in the log. head.ts refuses it instead.
      requireHostHeader: false,
    },
    (request, response) => {
      request.url = readableTarget(request.url!)
      app(request, response)
    },
  )
  server.timeout = UNREAD
  // Otherwise Node.js answers 417 without a line in the log, even to a proxy whose check passes on an `Expect` header that is
  // meant for another service.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('clientError', (error, socket) => refuseUnreadable(error, socket as Socket))
  // Node.js silently drops the headers beyond this number, even a second Host or Authorization. head.ts refuses a request that
  // has one more than fits.
  server.maxHeadersCount = LINES + 1
  return server
}

/**
 * Express passes a whole URL to `url.parse`. This writes a URL that it cannot read to standard error, with the password, and will
 * throw in later versions of Node.js (DEP0170). Such a URL is replaced by one that names no host of ours.
 */
function readableTarget(target: string): string {
  return target.startsWith('/') || URL.canParse(target) ? target : '*'
}
