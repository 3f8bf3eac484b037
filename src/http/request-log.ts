import { randomUUID } from 'node:crypto'
import type { RequestHandler } from 'express'
import { countCheck, countRequest } from '../metrics/metrics.js'
import { log } from '../platform/log.js'
import { clientAddress } from './client-address.js'
import { loggedPath } from './logged-path.js'

declare module 'express-serve-static-core' {
  interface Request {
    /** Ours, never the client's: it stands in the log and in each problem's `instance`. */
    id: string
    /** The client's, as a trusted proxy tells it; worked out once, and before the socket may have gone. */
    address: string
  }
}

/** One line a request, and one count, without query, headers or bodies: tokens and passwords travel in those. */
export const requestLog: RequestHandler = (request, response, next) => {
  request.id = randomUUID()
  request.address = clientAddress(request)
  const started = performance.now()
  response.on('close', () => {
    const { failure, userId } = response.locals
    const milliseconds = performance.now() - started
    const status = response.writableFinished ? response.statusCode : 'aborted'
    countRequest(request.operation?.operationId ?? 'none', status, milliseconds / 1000)
    if (request.isCheck && request.pathParameters) countCheck(request.pathParameters.scope!, status)
    const line = {
      request_id: request.id,
      method: request.method,
      path: loggedPath(request.originalUrl),
      status,
      milliseconds: Math.round(milliseconds),
      address: request.address,
      user_id: userId,
      error: failure,
    }
    if (failure) log.error(line, 'request failed')
    else log.info(line, 'request')
  })
  next()
}
