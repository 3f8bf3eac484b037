import cors from 'cors'
import type { Request, RequestHandler } from 'express'
import type { Settings } from '../platform/config.js'
import { methodsAt } from './routing.js'

declare module 'express-serve-static-core' {
  interface Request {
    /** A page of an origin that LATCHKEY_CORS_ORIGINS names sent it, to what such pages may use. */
    isGranted?: true
  }
}

/** What browser applications use. Pages, metrics and health are for none of them. */
const SHARED = /^\/(gettoken|api|openapi\.json)(\/|$)/

/**
 * Never shared: what gives or shows a session, what is for whoever has a one-time link, and what other services ask. No page of
 * another origin has a use for them, and whoever listed it for its application did not think of these.
 */
const NEVER =
  /^\/api\/(sessions|setup|password-link|checks|introspect)(\/|$)|^\/api\/users\/[^/]*\/(sessions|password-link)(\/|$)/

/** What a page may send beside what the Fetch standard lets every page send. */
const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'If-Match',
  'If-None-Match',
  'Idempotency-Key',
  'X-Request-Id',
  'traceparent',
]

/** What a page may read beside what the Fetch standard lets every page read: all that our responses say in headers. */
const RESPONSE_HEADERS = [
  'ETag',
  'Link',
  'Location',
  'X-Total-Count',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'Token-Expires-At',
  'Token-Replaced',
  'Tokens-Woken',
  'Request-Id',
  'WWW-Authenticate',
  'Allow',
]

/** Seconds that a browser keeps what a preflight was told. Chromium keeps nothing for longer, Firefox up to 86,400 (MDN, Access-Control-Max-Age). */
const MAX_AGE = 7200

/** Where a path is unknown: the page shall be able to read that it is. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * Lets pages of the listed origins read responses, refusals too (the CORS protocol of the Fetch standard). Never with
 * credentials: such pages send tokens, and the cookie of a session stays the sites' own.
 */
export function crossOrigin({ corsOrigins }: Settings): RequestHandler {
  const listed = new Set(corsOrigins)
  const grant = cors<Request>((request, tell) =>
    tell(null, {
      origin: corsOrigins,
      methods: request.method === 'OPTIONS' ? (methodsAt(request.path) ?? METHODS) : METHODS,
      allowedHeaders: REQUEST_HEADERS,
      exposedHeaders: RESPONSE_HEADERS,
      maxAge: MAX_AGE,
      preflightContinue: true,
    }),
  )
  return (request, response, next) => {
    if (!SHARED.test(request.path) || NEVER.test(request.path)) return next()
    if (!listed.has(request.headers.origin ?? '')) {
      response.vary('Origin')
      return next()
    }
    request.isGranted = true
    grant(request, response, next)
  }
}

/** Answers what a browser asks before it sends a page's request: without a token, and without a look at its query. */
export const preflight: RequestHandler = (request, response, next) => {
  const { method, headers, isGranted } = request
  if (method !== 'OPTIONS' || !isGranted || headers['access-control-request-method'] === undefined) return next()
  response.status(204).end()
}
