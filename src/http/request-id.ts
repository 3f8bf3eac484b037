import { randomUUID } from 'node:crypto'
import type { Request } from 'express'
import type { TraceParent } from '../platform/tracing.js'
import { isFromProxy } from './client-address.js'
import { OURS } from './logged-path.js'

/**
 * The characters in ids that proxies make: UUIDs, nginx's 32 hex digits, base64url. None of them needs escaping in a log, a URI
 * or a header.
 */
const ID = /^[\w.:@~+-]{1,128}$/

/** W3C Trace Context, 3.2. A later version may have more after its flags. */
const TRACE_PARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/

/**
 * The id of a request in the log, the trail, problems and responses. It is the `X-Request-Id` of a trusted proxy, or else the
 * trace that the proxy names, or else an id of our own. The headers of strangers are ignored, and so is text that looks like the
 * value of a token.
 */
export function requestIdOf(request: Request): string {
  const { 'x-request-id': given, traceparent } = request.headers
  if ((given === undefined && traceparent === undefined) || !isFromProxy(request)) return randomUUID()
  // Two headers come as an array, or joined with a comma, which no id has.
  if (typeof given === 'string' && ID.test(given) && !OURS.test(given)) return given
  return traceParentIn(request)?.traceId ?? randomUUID()
}

/** Only for a trusted proxy. Otherwise a stranger could join any trace. */
export function traceParentOf(request: Request): TraceParent | undefined {
  return request.headers.traceparent !== undefined && isFromProxy(request) ? traceParentIn(request) : undefined
}

function traceParentIn({ headers: { traceparent } }: Request): TraceParent | undefined {
  const [, version, traceId, spanId, flags, rest] = TRACE_PARENT.exec(String(traceparent)) ?? []
  if (!traceId || !spanId || version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, isSampled: (Number.parseInt(flags!, 16) & 1) === 1 }
}
