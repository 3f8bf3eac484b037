import type { Request, RequestHandler, Response } from 'express'
import Negotiator from 'negotiator'
import { HttpError } from '../platform/failures.js'

/** Of every response that another `Accept` makes another one. */
const VARY = 'Accept, Authorization, Cookie'

/** Characters of `Accept`: a browser sends 150, and to understand 16,000 took 5 ms (measured). */
const MOST = 2000

/** What every browser names beside `text/html` when somebody opens an address, and Java, whose default begins with that, does not. */
const XHTML = 'application/xhtml+xml'

/** What is asked by programs alone: a form of its own there would be no help to anybody, and one more thing to keep apart. */
const PROGRAMS =
  /^\/(gettoken|api\/introspect|metrics|openapi\.json|postman_collection\.json|healthz|readyz)\/?$|^\/api\/checks(\/|$)/

/** Says so beside what the response varies by already, such as the origin of a page. */
export function varyByAccept(response: Response): void {
  const others = response.getHeader('Vary')
  if (others === undefined) response.setHeader('Vary', VARY)
  else if (others !== VARY) response.vary(VARY)
}

/** Refuses what would be dear to look at. Nobody looks at that of a DELETE. */
export const accept: RequestHandler = ({ method, headers }, _response, next) => {
  if (method !== 'DELETE' && headers.accept !== undefined && headers.accept.length > MOST)
    throw new HttpError(406, 'Could not satisfy the request Accept header.')
  next()
}

/** Whether somebody opens the address in a browser, so that a page is sent instead of JSON. */
export function asksForPage(request: Request): boolean {
  const { accept } = request.headers
  if (accept === undefined || accept.length > MOST || !accept.toLowerCase().includes(XHTML)) return false
  if (!['GET', 'HEAD'].includes(request.method) || PROGRAMS.test(request.path)) return false
  return (
    preferredOf(accept, ['application/json', 'text/html']) === 'text/html' && preferredOf(accept, [XHTML]) !== undefined
  )
}

/**
 * The one of these types that a client likes best, of two that it likes alike the one that it names itself or names first.
 * Parameters of a media range other than q are ignored, which Express's own `accepts` does not do.
 */
export function preferredOf(accept: string, types: string[]): string | undefined {
  const ranges = accept.split(',').map((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim())
    return [type, ...parameters.filter((parameter) => /^q\s*=/i.test(parameter))].join(';')
  })
  return new Negotiator({ headers: { accept: ranges.join(',') } }).mediaType(types)
}
