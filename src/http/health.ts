import { type RequestHandler, Router } from 'express'
import { select } from '../database.js'

let stopping = false

/** From now on the load balancer is told to go elsewhere; what comes nevertheless is answered and its socket closed. */
export function beginStop(): void {
  stopping = true
}

const closeSockets: RequestHandler = (_request, response, next) => {
  if (stopping) response.set('Connection', 'close')
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
