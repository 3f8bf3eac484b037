import type { RequestHandler } from 'express'
import { beginTrace, fail, within } from '../platform/tracing.js'
import { loggedPath } from './logged-path.js'
import { traceParentOf } from './request-id.js'
import { listOperations, type Operation } from './routing.js'

/** The methods in the conventions. Any other method gets one common name. */
const METHODS = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE']

const routes = new Map<Operation | undefined, string>(listOperations().map(({ operation, path }) => [operation, path]))

/**
 * The span of a request, as in OpenTelemetry's conventions for HTTP servers. Its name is the route, because there is no end of
 * paths. It has no more of the path than the log has.
 */
export const requestSpan: RequestHandler = (request, response, next) => {
  const isKnown = METHODS.includes(request.method)
  const method = isKnown ? request.method : '_OTHER'
  const span = beginTrace(isKnown ? method : 'HTTP', traceParentOf(request), {
    'http.request.method': method,
    'url.scheme': request.protocol,
    'url.path': loggedPath(request.originalUrl),
    'client.address': request.address,
    'network.protocol.version': request.httpVersion,
    'latchkey.request_id': request.id,
  })
  if (!span) return next()
  response.locals.traceId = span.spanContext().traceId
  response.on('close', () => {
    const { operation } = request
    const { failure, token, reason } = response.locals
    const route = routes.get(operation)
    if (route) span.updateName(`${isKnown ? method : 'HTTP'} ${route}`).setAttribute('http.route', route)
    span.setAttributes({
      'latchkey.operation': operation?.operationId,
      'latchkey.token_id': token?.id,
      'latchkey.reason': reason,
      'enduser.id': token && String(token.userId),
    })
    if (response.writableFinished) span.setAttribute('http.response.status_code', response.statusCode)
    if (failure) fail(span, failure)
    span.end()
  })
  within(span, next)
}
