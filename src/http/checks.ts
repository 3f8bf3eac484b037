import type { RequestHandler } from 'express'
import { isScope } from '../identity/scopes/grammar.js'
import { HttpError } from '../platform/failures.js'

declare module 'express-serve-static-core' {
  interface Request {
    /** The request is a check: a proxy asks about a request to another service, and has passed on whatever that request had. */
    isCheck?: true
  }
}

const START = '/api/checks/'

/** The headers that are kept: who asks, with which program, and the length of a body that nobody reads. */
const KEPT = ['authorization', 'user-agent', 'content-length', 'transfer-encoding']

/**
 * Reduces a check to what the document describes, whatever else a proxy sends. What counts is the first segment of the raw target
 * (the scope, never from a parsed URL), `Authorization`, the client's address and the name of its program. Methods, queries,
 * bodies, cookies, conditions and hosts belong to the other service.
 */
export const reduceCheck: RequestHandler = (request, _response, next) => {
  const { url, headers } = request
  if (!url.startsWith(START)) {
    if (!request.path.startsWith(START)) return next()
    // A whole URL, `\` or `#` would make Express parse the target. No proxy sends them, and a session would count there.
    request.originalUrl = START
    throw new HttpError(404, 'Not found.')
  }
  request.isCheck = true
  request.method = 'GET'
  const [scope, behind] = parts(url.slice(START.length))
  request.headers = Object.fromEntries(KEPT.flatMap((name) => (name in headers ? [[name, headers[name]]] : [])))
  const isGood = scope !== undefined && isScope(scope) && !isAmbiguous(behind)
  // The path after the scope belongs to another service and must not be logged.
  request.originalUrl = request.url = START + (isGood ? scope : '')
  next(isGood ? undefined : new HttpError(404, 'Not found.'))
}

function parts(target: string): [scope: string | undefined, behind: string] {
  const [, first = '', behind = ''] = /^([^/?]*)([^?]*)/.exec(target)!
  return [decoded(first), behind]
}

/**
 * A path that servers may read differently, so that the other service may serve something else than what is checked here. A dot
 * segment with parameters counts as one too, because servlets remove the parameters first.
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
