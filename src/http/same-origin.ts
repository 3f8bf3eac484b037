import type { Request, RequestHandler } from 'express'
import { HttpError } from '../platform/failures.js'
import { sessionIn } from './credentials.js'
import { isLoopback } from './hosts.js'

const SAFE = ['GET', 'HEAD', 'OPTIONS']

/**
 * A change by the sites' cookie is taken only from the sites themselves: by Fetch Metadata, or by Origin where a
 * browser does not send it (OWASP's cheat sheet on CSRF). Signing in too: nobody shall be signed in as somebody else
 * without knowing. A request with a token needs none of this: no other site can make a browser send one. What needs no
 * credential is taken from programs and from our own pages, and refused before anything is counted when another site's page
 * sent it: else that page could use up the tries of the whole office behind its reader's address. A page of an origin that
 * LATCHKEY_CORS_ORIGINS names passes there, and never by the cookie.
 */
export const sameOrigin: RequestHandler = (request, _response, next) => {
  if (SAFE.includes(request.method)) return next()
  const { operation } = request
  const isSignIn = operation.operationId === 'createCurrentSession'
  if (isSignIn) requireSafePlace(request)
  const isClosed = operation.security.length > 0
  const needsProof = isSignIn || (isClosed && sessionIn(request) !== undefined)
  if (needsProof && !isSameOrigin(request))
    throw new HttpError(403, 'A change by the session cookie must come from the sites of this service themselves.')
  if (!isClosed && !request.isGranted && isForeign(request))
    throw new HttpError(403, 'This is not taken from a page of another site.')
  next()
}

/** A cookie without TLS is for this machine alone. */
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

/** Whether a browser says that another site's page sent it. What is no browser, or an old one, says nothing. */
function isForeign(request: Request) {
  const { headers, headersDistinct } = request
  const sites = headersDistinct['sec-fetch-site']
  if (sites) return sites.length !== 1 || !['same-origin', 'none'].includes(sites[0]!)
  return headers.origin !== undefined && ![publicOrigin(request), hereOf(request)].includes(headers.origin)
}

/** Of a public URL with a path every application on its origin is taken for our own: no header tells the path of a page. */
function publicOrigin(request: Request) {
  return request.app.locals.settings.publicUrl?.origin ?? hereOf(request)
}

function hereOf({ protocol, host }: Request) {
  return `${protocol}://${host}`
}
