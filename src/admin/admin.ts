import { existsSync, readdirSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import express, { type ErrorRequestHandler, type RequestHandler, Router } from 'express'
import { encodingFor } from '../platform/encodings.js'

const site = fileURLToPath(new URL('../../admin', import.meta.url))

/** What Vite has compressed is there twice more. */
const ENDINGS = { br: '.br', gzip: '.gz' }
const files = new Set(existsSync(`${site}/assets`) ? readdirSync(`${site}/assets`) : [])

/** The hash is that of the empty text: the library that makes the styles puts an empty style element first. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/** Nothing in these files is secret, so that compressing them tells nobody anything (BREACH). */
const chooseEncoding: RequestHandler = (request, response, next) => {
  const encoding = encodingFor(request.headers['accept-encoding'])
  response.vary('Accept-Encoding')
  if (encoding !== 'identity' && files.has(request.path.slice(1) + ENDINGS[encoding])) {
    response.type(extname(request.path)).set('Content-Encoding', encoding)
    request.url += ENDINGS[encoding]
  }
  next()
}

/** What follows is a problem document, and not the file. */
const forgetEncoding: ErrorRequestHandler = (error, _request, response, next) => {
  for (const name of ['Content-Encoding', 'Cache-Control', 'ETag', 'Last-Modified']) response.removeHeader(name)
  next(error)
}

/**
 * The admin site and the page where users keep their own tokens, clients of the API as others are: one page, whose script sees by
 * the path which of them it is. Its files have their hash in the name, but for the page itself.
 */
export const admin: Router = Router({ strict: true, caseSensitive: true })
  .get(['/admin', '/account'], (request, response) => response.redirect(`${request.path}/`))
  .use(['/admin/', '/account/'], (_request, response, next) => {
    response.set('Content-Security-Policy', POLICY)
    next()
  })
  .use(
    '/admin/assets/',
    chooseEncoding,
    express.static(`${site}/assets`, { immutable: true, maxAge: '1y', acceptRanges: false }),
    forgetEncoding,
  )
  .use(['/admin/', '/account/'], (_request, response, next) => {
    response.set('Cache-Control', 'no-store')
    next()
  })
  .use('/admin/', express.static(site, { cacheControl: false, acceptRanges: false }))
  .get('/account/', (_request, response) =>
    response.sendFile('index.html', { root: site, cacheControl: false, acceptRanges: false }),
  )
