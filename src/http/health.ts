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
 * The responses in progress, each in its own slot. This is not a Set, because V8 makes a new table whenever a Set grows, and the
 * old one points to it. Once one table has become old, all later ones are kept with their requests. In most processes that is a
 * quarter of what a read costs (measured).
 */
const slots: (Response | undefined)[] = []
const free: number[] = []

/**
 * From now on `/readyz` tells the load balancer to go elsewhere. Requests that still come, and those in progress, tell their
 * clients that the socket closes, so that no client sends another request on it.
 */
export function beginStop(): void {
  stopping = true
  for (const response of slots) if (response && !response.headersSent) response.set('Connection', 'close')
}

/**
 * From now on reads are refused with 503. This is for a proxy that ignores `/readyz`, but asks another node after a 503 and then
 * leaves this one alone. Writes are still answered, because hardly any proxy sends a write twice.
 */
export function turnReadsAway(): void {
  turnsAway = true
}

/** Milliseconds since the last request that was not a health check. */
export function quietTime(): number {
  return performance.now() - lastRequest
}

/** The response in progress on a socket. A property of the socket would cost each read 5 µs (measured), for the reason above. */
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
 * A response that is sent before its request has fully arrived closes the connection (RFC 9112, 9.6). Otherwise, some proxies
 * would send the next client's request after the rest of this one.
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
  // A forged trail stops nothing, but somebody must look at it.
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

/**
 * `/healthz` says that the process runs. `/readyz` says that it can answer requests. Both say nothing else, and are open on any
 * host.
 */
export const health = Router({ caseSensitive: true })
  .use(closeSockets)
  .get('/healthz', (_request, response) => void response.json({ status: 'alive' }))
  .get('/readyz', ready)
  .use(noteRequest, turnAway)
