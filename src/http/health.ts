import { type RequestHandler, type Response, Router } from 'express'
import { select } from '../database.js'

let stopping = false
let lastRequest = 0
const answering = new Set<Response>()

/**
 * From now on the load balancer is told to go elsewhere. What comes nevertheless, and what is being answered, tells its
 * client that the socket closes, so that no request is sent on one that is about to be closed.
 */
export function beginStop(): void {
  stopping = true
  for (const response of answering) if (!response.headersSent) response.set('Connection', 'close')
}

/** Milliseconds since the last request that was more than a look at our health. */
export function quietTime(): number {
  return performance.now() - lastRequest
}

const noteRequest: RequestHandler = (_request, _response, next) => {
  lastRequest = performance.now()
  next()
}

const closeSockets: RequestHandler = (_request, response, next) => {
  if (stopping) response.set('Connection', 'close')
  answering.add(response)
  response.on('close', () => answering.delete(response))
  next()
}

const ready: RequestHandler = async (_request, response) => {
  const reachable =
    !stopping &&
    (await select('SELECT 1').then(
      () => true,
      () => false,
    ))
  response.status(reachable ? 200 : 503).json({ status: stopping ? 'stopping' : reachable ? 'ready' : 'no database' })
}

/** `/healthz`: the process runs. `/readyz`: it can answer requests. Both tell nothing else and are open on any host. */
export const health = Router({ caseSensitive: true })
  .use(closeSockets)
  .get('/healthz', (_request, response) => void response.json({ status: 'alive' }))
  .get('/readyz', ready)
  .use(noteRequest)
