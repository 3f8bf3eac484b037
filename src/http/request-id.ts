import { randomUUID } from 'node:crypto'
import type { Request } from 'express'
import type { TraceParent } from '../platform/tracing.js'
import { isFromProxy } from './client-address.js'
import { OURS } from './logged-path.js'

/** Signs of the ids that proxies make: UUIDs, nginx's 32 hex digits, base64url. Nothing that a log, a URI or a header would have to escape. */
const ID = /^[\w.:@~+-]{1,128}$/

/** W3C Trace Context, 3.2: a later version may have more behind its flags. */
const TRACE_PARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/

/**
 * What log, trail, problem and response call a request: what a trusted proxy calls it in `X-Request-Id`, else the trace that it
 * says the request belongs to, else an id of our own. A stranger's are ignored, and so is what looks like the value of a token.
 */
export function requestIdOf(request: Request): string {
  const { 'x-request-id': given, traceparent } = request.headers
  if ((given === undefined && traceparent === undefined) || !isFromProxy(request)) return randomUUID()
  // Two headers come as an array or with a comma between them, which is no sign of an id.
  if (typeof given === 'string' && ID.test(given) && !OURS.test(given)) return given
  return traceParentIn(request)?.traceId ?? randomUUID()
}

/** Of a trusted proxy alone: what a stranger sends could join any trace. */
export function traceParentOf(request: Request): TraceParent | undefined {
  return request.headers.traceparent !== undefined && isFromProxy(request) ? traceParentIn(request) : undefined
}

function traceParentIn({ headers: { traceparent } }: Request): TraceParent | undefined {
  const [, version, traceId, spanId, flags, rest] = TRACE_PARENT.exec(String(traceparent)) ?? []
  if (!traceId || !spanId || version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, isSampled: (Number.parseInt(flags!, 16) & 1) === 1 }
}
