import type { RequestHandler } from 'express'
import { countCheck, countRequest } from '../metrics/metrics.js'
import { log } from '../platform/log.js'
import { clientAddress } from './client-address.js'
import { loggedPath } from './logged-path.js'
import { requestIdOf, traceParentOf } from './request-id.js'

declare module 'express-serve-static-core' {
  interface Request {
    /** From `requestIdOf`. It is in the log, the trail, `Request-Id` and each problem's `instance`. */
    id: string
    /** The client's address, possibly from a trusted proxy. It is worked out once, while the socket is still there. */
    address: string
  }
}

/** What becomes known about a request on its way, for its line in the log. */
interface Told {
  /** The token that the request had, even if it is no longer valid. */
  token?: { id: number; hint: string; userId: number }
  /** The token that another service asked about. */
  introspected?: { id: number; hint: string }
  /** Why the request was refused: the rule that it broke, or the sentence that the client got. */
  reason?: string
  /** The id of the trace that is sent. */
  traceId?: string
  failure?: Error
}

/**
 * Writes one line and counts once for each request, without query, headers or bodies, because they contain tokens and passwords.
 */
export const requestLog: RequestHandler = (request, response, next) => {
  request.id = requestIdOf(request)
  response.setHeader('Request-Id', request.id)
  request.address = clientAddress(request)
  const trace = traceParentOf(request)
  const started = performance.now()
  response.on('close', () => {
    const { failure, token, introspected, reason, traceId } = response.locals as Told
    const milliseconds = performance.now() - started
    const status = response.writableFinished ? response.statusCode : 'aborted'
    countRequest(request.operation?.operationId ?? 'none', status, milliseconds / 1000)
    if (request.isCheck && request.pathParameters) countCheck(request.pathParameters.scope!, status)
    const line = {
      request_id: request.id,
      operation: request.operation?.operationId,
      method: request.method,
      path: loggedPath(request.originalUrl),
      status,
      milliseconds: Math.round(milliseconds),
      address: request.address,
      user_id: token?.userId,
      token_id: token?.id,
      token_hint: token?.hint,
      introspected_token_id: introspected?.id,
      introspected_token_hint: introspected?.hint,
      reason,
      trace_id: traceId ?? trace?.traceId,
      error: failure,
    }
    if (failure) log.error(line, 'request failed')
    else log.info(line, 'request')
  })
  next()
}
