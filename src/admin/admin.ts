import { fileURLToPath } from 'node:url'
import express, { Router } from 'express'

const site = fileURLToPath(new URL('../../../src/admin/site', import.meta.url))

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Where the setup link of the first start leads: the page that makes the first superuser. */
export const admin: Router = Router({ strict: true, caseSensitive: true })
  .get('/admin', (_request, response) => response.redirect('/admin/'))
  .use('/admin/', (_request, response, next) => {
    response.set({ 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-store' })
    next()
  })
  .use('/admin/', express.static(site, { cacheControl: false, acceptRanges: false }))
