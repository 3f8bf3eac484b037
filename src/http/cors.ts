import cors from 'cors'
import type { Request, RequestHandler } from 'express'
import type { Settings } from '../platform/config.js'
import { methodsAt } from './routing.js'

declare module 'express-serve-static-core' {
  interface Request {
    /** A page of an origin in LATCHKEY_CORS_ORIGINS sent the request, and the path is one that such pages may use. */
    isGranted?: true
  }
}

/** The paths that browser applications use. Pages, metrics and health are not among them. */
const SHARED = /^\/(gettoken|api|openapi\.json)(\/|$)/

/**
 * Never shared: operations that give or show a session, that take a one-time link, or that other services call. Pages of other
 * origins do not need them, and somebody who listed an origin did not have them in mind.
 */
const NEVER =
  /^\/api\/(sessions|setup|password-link|checks|introspect)(\/|$)|^\/api\/users\/[^/]*\/(sessions|password-link)(\/|$)/

/** The headers that a page may send in addition to those that the Fetch standard allows every page. */
const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'If-Match',
  'If-None-Match',
  'Idempotency-Key',
  'X-Request-Id',
  'traceparent',
]

/**
 * The headers that a page may read in addition to those that the Fetch standard allows every page: all that our responses set.
 */
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

/**
 * Seconds for which a browser may cache a preflight. Chromium caches nothing longer, Firefox up to 86,400 (MDN,
 * Access-Control-Max-Age).
 */
const MAX_AGE = 7200

/** For an unknown path, so that the page can read that it is unknown. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * Lets pages of the listed origins read responses, also refusals (the CORS protocol of the Fetch standard). Credentials are never
 * allowed: such pages send tokens, and the session cookie is only for our own sites.
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

/** Answers preflights. They have no token, and their query is not checked. */
export const preflight: RequestHandler = (request, response, next) => {
  const { method, headers, isGranted } = request
  if (method !== 'OPTIONS' || !isGranted || headers['access-control-request-method'] === undefined) return next()
  response.status(204).end()
}
