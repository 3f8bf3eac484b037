import { existsSync, readdirSync } from 'node:fs'
import { extname } from 'node:path'
import express, { type ErrorRequestHandler, type RequestHandler, Router } from 'express'
import { encodingFor } from '../platform/encodings.js'

/** The endings of the compressed forms of each file. */
const ENDINGS = { br: '.br', gzip: '.gz' }

/**
 * Serves the files that Vite has made for a site. They have their hash in the name.
 * @param folder that contains them
 */
export function assets(folder: string): Router {
  const files = new Set(assetsIn(folder))
  /** Nothing in these files is secret, so compressing them reveals nothing (BREACH). */
  const chooseEncoding: RequestHandler = (request, response, next) => {
    const encoding = encodingFor(request.headers['accept-encoding'], ['br', 'gzip'])
    response.vary('Accept-Encoding')
    if (encoding !== 'identity' && files.has(request.path.slice(1) + ENDINGS[encoding])) {
      response.type(extname(request.path)).set('Content-Encoding', encoding)
      request.url += ENDINGS[encoding]
    }
    next()
  }
  return Router({ strict: true, caseSensitive: true }).use(
    chooseEncoding,
    express.static(folder, { immutable: true, maxAge: '1y', acceptRanges: false, index: false, redirect: false }),
    forgetEncoding,
  )
}

/** The names of the files. None if only the service was built. */
export function assetsIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** The response is now a problem document, and not the file. */
const forgetEncoding: ErrorRequestHandler = (error, _request, response, next) => {
  for (const name of ['Content-Encoding', 'Cache-Control', 'ETag', 'Last-Modified']) response.removeHeader(name)
  next(error)
}
