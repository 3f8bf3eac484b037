import type { RequestHandler } from 'express'
import { HttpError } from '../platform/failures.js'

/** The most bytes of a request's head. Node.js counts only names and values, so many short lines would get past it. */
export const HEAD = 16 * 1024

/** The most header lines that fit into it. A line has at least a byte of a name, the colon and the end of the line. */
export const LINES = HEAD / 4

/** Up to this many lines, there is no need to count. */
const FEW = 200

/**
 * Refuses a head that Node.js has cut, and a request without a Host (RFC 9112, 3.2). See `maxHeadersCount` and
 * `requireHostHeader` in server.ts.
 */
export const head: RequestHandler = ({ rawHeaders, httpVersion, headers }, response, next) => {
  if (headers.host === undefined && httpVersion === '1.1') throw new HttpError(400, 'The request names no host.')
  if (rawHeaders.length <= 2 * FEW || bytesOf(rawHeaders) <= HEAD) return next()
  // In the words of Node.js itself.
  response.writeHead(431, { Connection: 'close' }).end()
}

function bytesOf(rawHeaders: string[]) {
  return rawHeaders.reduce((sum, part) => sum + part.length, 0) + 1.5 * rawHeaders.length
}
