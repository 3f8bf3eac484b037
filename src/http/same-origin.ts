import type { Request, RequestHandler } from 'express'
import { sessionValueIn } from '../identity/sessions/cookie.js'
import { HttpError } from '../platform/failures.js'
import { LOOPBACK } from './hosts.js'

const SAFE = ['GET', 'HEAD', 'OPTIONS']

/**
 * A change by the admin site's cookie is taken only from the admin site itself: by Fetch Metadata, or by Origin where a
 * browser does not send it (OWASP's cheat sheet on CSRF). Signing in too: nobody shall be signed in as somebody else
 * without knowing. A request with an Authorization header needs none of this: no other site can make a browser send one.
 * Nor does one that needs no credential: what the cookie says counts for nothing there.
 */
export const sameOrigin: RequestHandler = (request, _response, next) => {
  if (SAFE.includes(request.method)) return next()
  const { operation, headers } = request
  const { settings } = request.app.locals
  const isSignIn = operation.operationId === 'createCurrentSession'
  if (isSignIn) requireSafePlace(request)
  const isClosed = operation.security.length > 0
  const byCookie =
    isClosed && headers.authorization === undefined && sessionValueIn(headers.cookie, settings) !== undefined
  if ((byCookie || isSignIn) && !isSameOrigin(request))
    throw new HttpError(403, 'A change by the session cookie must come from the admin site itself.')
  next()
}

/** A cookie without TLS is for this machine alone. */
function requireSafePlace({ app, origin }: Request) {
  if (app.locals.settings.publicUrl?.protocol === 'https:' || LOOPBACK.includes(new URL(origin).hostname)) return
  throw new HttpError(403, 'Signing in here needs LATCHKEY_PUBLIC_URL to be the https address of this service.')
}

function isSameOrigin({ headers, headersDistinct, origin, protocol, host }: Request) {
  const sites = headersDistinct['sec-fetch-site']
  if (sites) return sites.length === 1 && sites[0] === 'same-origin'
  if (headers.origin === undefined) return false
  const here = `${protocol}://${host}`
  return headers.origin === origin || (headers.origin === here && LOOPBACK.includes(new URL(here).hostname))
}
