import type { RequestHandler } from 'express'
import { HttpError } from '../platform/failures.js'

/** Bytes of the head of a request. Node.js counts names and values alone, so that many short lines would pass it. */
export const HEAD = 16 * 1024

/** Header lines that fit into it: one has a byte of a name, the colon and the end of the line. */
export const LINES = HEAD / 4

/** Lines up to which nobody need count. */
const FEW = 200

/** Refuses what Node.js has cut, and a request without a Host (RFC 9112, 3.2): see `maxHeadersCount` and `requireHostHeader` in server.ts. */
export const head: RequestHandler = ({ rawHeaders, httpVersion, headers }, response, next) => {
  if (headers.host === undefined && httpVersion === '1.1') throw new HttpError(400, 'The request names no host.')
  if (rawHeaders.length <= 2 * FEW || bytesOf(rawHeaders) <= HEAD) return next()
  // As Node.js itself says it.
  response.writeHead(431, { Connection: 'close' }).end()
}

function bytesOf(rawHeaders: string[]) {
  return rawHeaders.reduce((sum, part) => sum + part.length, 0) + 1.5 * rawHeaders.length
}
