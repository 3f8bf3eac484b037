import { fileURLToPath } from 'node:url'
import express, { Router } from 'express'
import type { Settings } from '../platform/config.js'
import { prefixOf } from '../platform/public-url.js'
import { assets } from './assets.js'

const site = fileURLToPath(new URL('../../admin', import.meta.url))

/** The hash is that of an empty text, because the style library first adds an empty style element. */
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

/**
 * Serves the admin site and the page where users keep their own tokens. Both are ordinary clients of the API. They are one page,
 * whose script sees by the path which of them it is. All files except the page have their hash in the name.
 */
export function admin(settings: Settings): Router {
  return Router({ strict: true, caseSensitive: true })
    .get(['/admin', '/account'], (request, response) => response.redirect(`${prefixOf(settings)}${request.path}/`))
    .use(['/admin/', '/account/'], (_request, response, next) => {
      response.set('Content-Security-Policy', POLICY)
      next()
    })
    .use('/admin/assets/', assets(`${site}/assets`))
    .use(['/admin/', '/account/'], (_request, response, next) => {
      response.set('Cache-Control', 'no-store')
      next()
    })
    .use('/admin/', express.static(site, { cacheControl: false, acceptRanges: false, redirect: false }))
    .get('/account/', (_request, response) =>
      response.sendFile('index.html', { root: site, cacheControl: false, acceptRanges: false }),
    )
}
