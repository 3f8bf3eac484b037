import type { RequestHandler } from 'express'
import { isScope } from '../identity/scopes/grammar.js'
import { HttpError } from '../platform/failures.js'

declare module 'express-serve-static-core' {
  interface Request {
    /** A proxy asks about a request to another service, and has sent along whatever that one came with. */
    isCheck?: true
  }
}

const START = '/api/checks/'

/** Who asks, with which program, and how long the body is that nobody reads. */
const KEPT = ['authorization', 'user-agent', 'content-length', 'transfer-encoding']

/**
 * Makes of a check what the document describes, whatever a proxy sends beside it: the scope is the first segment of the raw target,
 * never of a parsed URL, and beside it `Authorization`, the client's address and the name of its program count. Methods, queries,
 * bodies, cookies, conditions and hosts are those of the other service.
 */
export const reduceCheck: RequestHandler = (request, _response, next) => {
  const { url, headers } = request
  if (!url.startsWith(START)) {
    if (!request.path.startsWith(START)) return next()
    // A whole URL, or `\` and `#`, which Express reads as one: no proxy sends them, and a session would count there.
    request.originalUrl = START
    throw new HttpError(404, 'Not found.')
  }
  request.isCheck = true
  request.method = 'GET'
  const [scope, behind] = parts(url.slice(START.length))
  request.headers = Object.fromEntries(KEPT.flatMap((name) => (name in headers ? [[name, headers[name]]] : [])))
  const isGood = scope !== undefined && isScope(scope) && !isAmbiguous(behind)
  // What stands behind the scope is another service's, and is for no log.
  request.originalUrl = request.url = START + (isGood ? scope : '')
  next(isGood ? undefined : new HttpError(404, 'Not found.'))
}

function parts(target: string): [scope: string | undefined, behind: string] {
  const [, first = '', behind = ''] = /^([^/?]*)([^?]*)/.exec(target)!
  return [decoded(first), behind]
}

/**
 * A path that servers read in more than one way: what is asked for here may be something else there. A dot segment is also one that
 * has parameters, which servlets take away first.
 */
function isAmbiguous(path: string): boolean {
  if (path === '') return false
  const text = decoded(path)
  return text === undefined || text.includes('\\') || /(^|\/)\.\.?(;|\/|$)/.test(text)
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
