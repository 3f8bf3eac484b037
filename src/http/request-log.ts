import type { RequestHandler } from 'express'
import { countCheck, countRequest } from '../metrics/metrics.js'
import { log } from '../platform/log.js'
import { clientAddress } from './client-address.js'
import { loggedPath } from './logged-path.js'
import { requestIdOf, traceParentOf } from './request-id.js'

declare module 'express-serve-static-core' {
  interface Request {
    /** As `requestIdOf` tells it: in the log, the trail, `Request-Id` and each problem's `instance`. */
    id: string
    /** The client's, as a trusted proxy tells it; worked out once, and before the socket may have gone. */
    address: string
  }
}

/** What is found out about a request on its way, for its line of the log. */
interface Told {
  /** What it came with, be it one that counts no more. */
  token?: { id: number; hint: string; userId: number }
  /** Another service asked about it. */
  introspected?: { id: number; hint: string }
  /** Why it was refused: the rule that is not kept, or the sentence that the client was told. */
  reason?: string
  /** Of the trace that is sent. */
  traceId?: string
  failure?: Error
}

/** One line a request, and one count, without query, headers or bodies: tokens and passwords travel in those. */
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
