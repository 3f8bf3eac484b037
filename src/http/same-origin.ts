import type { Request, RequestHandler } from 'express'
import { HttpError } from '../platform/failures.js'
import { sessionIn } from './credentials.js'
import { isLoopback } from './hosts.js'

const SAFE = ['GET', 'HEAD', 'OPTIONS']

/**
 * A change with the session cookie is accepted only from our own sites. Fetch Metadata says so, or Origin in browsers that do not
 * send it (OWASP's cheat sheet on CSRF). This includes signing in, so that nobody is signed in as somebody else without knowing
 * it. A request with a token needs no check, because no other site can make a browser send one. Operations without a credential
 * accept requests from programs and from our own pages. If a page of another site sent the request, it is refused before anything
 * is counted: else that page could use up the sign-in attempts of the whole office behind its reader's address. A page of an
 * origin in LATCHKEY_CORS_ORIGINS passes there, but never with the cookie.
 */
export const sameOrigin: RequestHandler = (request, _response, next) => {
  if (SAFE.includes(request.method)) return next()
  const { operation } = request
  const isSignIn = operation.operationId === 'createCurrentSession'
  if (isSignIn) requireSafePlace(request)
  const isClosed = operation.security.length > 0
  const needsProof = isSignIn || (isClosed && sessionIn(request) !== undefined)
  if (needsProof && !isSameOrigin(request))
    throw new HttpError(403, 'A change with the session cookie must come from the sites of this service themselves.')
  if (!isClosed && !request.isGranted && isForeign(request))
    throw new HttpError(403, 'This is not accepted from a page of another site.')
  next()
}

/** A cookie without TLS is only for this machine. */
function requireSafePlace({ app, host }: Request) {
  const { publicUrl } = app.locals.settings
  if (publicUrl?.protocol === 'https:' || isLoopback(publicUrl?.host ?? host)) return
  throw new HttpError(403, 'Signing in here needs LATCHKEY_PUBLIC_URL to be the https address of this service.')
}

function isSameOrigin(request: Request) {
  const { headers, headersDistinct, host } = request
  const sites = headersDistinct['sec-fetch-site']
  if (sites) return sites.length === 1 && sites[0] === 'same-origin'
  if (headers.origin === undefined) return false
  return headers.origin === publicOrigin(request) || (headers.origin === hereOf(request) && isLoopback(host))
}

/** Whether a browser says that a page of another site sent the request. Programs and old browsers say nothing. */
function isForeign(request: Request) {
  const { headers, headersDistinct } = request
  const sites = headersDistinct['sec-fetch-site']
  if (sites) return sites.length !== 1 || !['same-origin', 'none'].includes(sites[0]!)
  return headers.origin !== undefined && ![publicOrigin(request), hereOf(request)].includes(headers.origin)
}

/**
 * If the public URL has a path, every application on its origin counts as our own, because no header says which path a page has.
 */
function publicOrigin(request: Request) {
  return request.app.locals.settings.publicUrl?.origin ?? hereOf(request)
}

function hereOf({ protocol, host }: Request) {
  return `${protocol}://${host}`
}
