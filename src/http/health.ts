import type { Socket } from 'node:net'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import { hasForeignRows } from '../audit/chain.js'
import { askEpoch } from '../platform/database/epoch.js'
import { HttpError } from '../platform/failures.js'
import { hasContent } from './body/read.js'

let stopping = false
let turnsAway = false
let lastRequest = 0

/**
 * The responses that are being made, each in a slot of its own. Not in a Set: at each growth V8 makes it a new table that the
 * old one points to, and from one table that has grown old on all the later ones are kept, with their requests (measured: a
 * quarter of what a read costs, in most processes).
 */
const slots: (Response | undefined)[] = []
const free: number[] = []

/**
 * From now on the load balancer is told to go elsewhere. What comes nevertheless, and what is being answered, tells its
 * client that the socket closes, so that no request is sent on one that is about to be closed.
 */
export function beginStop(): void {
  stopping = true
  for (const response of slots) if (response && !response.headersSent) response.set('Connection', 'close')
}

/**
 * From now on reads are refused, for a proxy that does not look at `/readyz` but asks another node after a 503, and then
 * leaves this one alone. Writes are done: hardly any proxy sends one twice.
 */
export function turnReadsAway(): void {
  turnsAway = true
}

/** Milliseconds since the last request that was more than a look at our health. */
export function quietTime(): number {
  return performance.now() - lastRequest
}

/** The response that is being made on a socket. A note of it at the socket would cost each read 5 µs (measured), for the reason above. */
export function responseOn(socket: Socket): Response | undefined {
  return slots.find((response) => response?.socket === socket)
}

const noteRequest: RequestHandler = (_request, _response, next) => {
  lastRequest = performance.now()
  next()
}

const turnAway: RequestHandler = ({ method }, _response, next) => {
  const isRead = method === 'GET' || method === 'HEAD'
  next(
    turnsAway && isRead ? new HttpError(503, 'This node is stopping. Please try again.', { retryAfter: 1 }) : undefined,
  )
}

const closeSockets: RequestHandler = (request, response, next) => {
  if (stopping) response.set('Connection', 'close')
  else if (hasContent(request)) closeUnlessRead(request, response)
  const slot = free.pop() ?? slots.length
  slots[slot] = response
  response.on('close', () => {
    slots[slot] = undefined
    free.push(slot)
  })
  next()
}

/**
 * RFC 9112, 9.6: a response that goes out before its request has come in whole closes the connection. A proxy that does not
 * see to it itself would send the next client's request behind what is left of this one.
 */
function closeUnlessRead(request: Request, response: Response) {
  response.set('Connection', 'close')
  request.once('end', () => {
    if (!stopping && !response.headersSent) response.removeHeader('Connection')
  })
}

const ready: RequestHandler = async (_request, response) => {
  const isReachable = !stopping && (await succeeds(askEpoch()))
  const status = stopping ? 'stopping' : isReachable ? 'ready' : 'no database'
  // A trail that somebody has written to stops nothing, and somebody has to look at it.
  const isForged = isReachable && (await hasForeignRows().catch(() => false))
  const events = isForged ? { events: 'there are rows that nobody here wrote; run latchkey events verify' } : {}
  response.status(isReachable ? 200 : 503).json({ status, ...events })
}

function succeeds(done: Promise<unknown>): Promise<boolean> {
  return done.then(
    () => true,
    () => false,
  )
}

/** `/healthz`: the process runs. `/readyz`: it can answer requests. Both tell nothing else and are open on any host. */
export const health = Router({ caseSensitive: true })
  .use(closeSockets)
  .get('/healthz', (_request, response) => void response.json({ status: 'alive' }))
  .get('/readyz', ready)
  .use(noteRequest, turnAway)
