import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Express } from 'express'
import type { Settings } from '../platform/config.js'
import { HEAD, LINES } from './head.js'
import { prototypesOf } from './prototypes.js'
import { refuseUnreadable } from './unreadable.js'

/**
 * Milliseconds that a socket stays open between two requests. A proxy keeps its own for 60 s as a rule, and sends on one
 * that we close at this moment what it then cannot know the fate of: it has to be the first to close.
 */
const KEEP_ALIVE = { alone: 5000, behindProxy: 65_000 }

/**
 * Milliseconds without a byte in or out, after which nobody reads the response any more. Node.js counts what is left to write
 * when the first of them are over, and ends the socket when nothing of it has gone after as many again.
 */
const UNREAD = 20_000

/** A server that is not listening yet, with the limits of its connections. */
export function serverOf(app: Express, { isBehindProxy }: Settings): Server {
  const server = createServer(
    {
      ...prototypesOf(app),
      // Node's own 60 s and 30 s let a thousand slow clients hold a thousand sockets for 90 s (measured).
      headersTimeout: 10_000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: isBehindProxy ? KEEP_ALIVE.behindProxy : KEEP_ALIVE.alone,
      maxHeaderSize: HEAD,
      // Node.js would refuse such a request past the log; head.ts does it.
      requireHostHeader: false,
    },
    (request, response) => {
      request.url = readableTarget(request.url!)
      app(request, response)
    },
  )
  server.timeout = UNREAD
  // Else Node.js says 417 by itself, past the log, also to a proxy that asks for a check with what a stranger expects of a service.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('clientError', (error, socket) => refuseUnreadable(error, socket as Socket))
  // What is beyond it vanishes without a word, a second Host or Authorization too. One more than fits is refused in head.ts.
  server.maxHeadersCount = LINES + 1
  return server
}

/**
 * Express hands a whole URL to `url.parse`, which writes one that it cannot read to standard error, password and all, and is to
 * throw in later versions of Node.js (DEP0170). What stands here for such a one names no host that is served.
 */
function readableTarget(target: string): string {
  return target.startsWith('/') || URL.canParse(target) ? target : '*'
}
