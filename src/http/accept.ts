import type { Request, RequestHandler, Response } from 'express'
import Negotiator from 'negotiator'
import { HttpError } from '../platform/failures.js'

/** The `Vary` of every response that depends on `Accept`. */
const VARY = 'Accept, Authorization, Cookie'

/** The most characters of `Accept`. A browser sends 150, and parsing 16,000 took 5 ms (measured). */
const MOST = 2000

/**
 * A type that every browser names besides `text/html` when somebody opens an address. Java, whose default begins with
 * `text/html`, does not name it.
 */
const XHTML = 'application/xhtml+xml'

/** Paths for programs only. A page there would help nobody, and would be one more thing to keep apart. */
const PROGRAMS =
  /^\/(gettoken|api\/introspect|metrics|openapi\.json|postman_collection\.json|healthz|readyz)\/?$|^\/api\/checks(\/|$)/

/** Adds this to what the response already varies by, such as the origin of a page. */
export function varyByAccept(response: Response): void {
  const others = response.getHeader('Vary')
  if (others === undefined) response.setHeader('Vary', VARY)
  else if (others !== VARY) response.vary(VARY)
}

/** Refuses an `Accept` that would be expensive to parse. That of a DELETE is never parsed. */
export const accept: RequestHandler = ({ method, headers }, _response, next) => {
  if (method !== 'DELETE' && headers.accept !== undefined && headers.accept.length > MOST)
    throw new HttpError(406, 'Could not satisfy the request Accept header.')
  next()
}

/** Whether somebody opens the address in a browser, and gets a page instead of JSON. */
export function asksForPage(request: Request): boolean {
  const { accept } = request.headers
  if (accept === undefined || accept.length > MOST || !accept.toLowerCase().includes(XHTML)) return false
  if (!['GET', 'HEAD'].includes(request.method) || PROGRAMS.test(request.path)) return false
  return (
    preferredOf(accept, ['application/json', 'text/html']) === 'text/html' && preferredOf(accept, [XHTML]) !== undefined
  )
}

/**
 * The type that the client prefers. If it likes two equally, it is the one that it names itself or names first. Parameters of a
 * media range other than q are ignored, unlike in Express's own `accepts`.
 */
export function preferredOf(accept: string, types: string[]): string | undefined {
  const ranges = accept.split(',').map((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim())
    return [type, ...parameters.filter((parameter) => /^q\s*=/i.test(parameter))].join(';')
  })
  return new Negotiator({ headers: { accept: ranges.join(',') } }).mediaType(types)
}
