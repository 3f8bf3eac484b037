import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import express, { Router } from 'express'
import swaggerUi from 'swagger-ui-express'
import { config } from '../config.js'

const site = fileURLToPath(new URL('../../../src/docs/site', import.meta.url))
const document = readFileSync(new URL('../../../spec/openapi.json', import.meta.url))

/** Everything of the page comes from here: no other host, no inline script; the styles that Swagger UI sets are by script. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The document at /openapi.json; where they are on, Swagger UI at /docs/ and the way there for browsers that ask for `/`. */
export const docs: Router = Router({ strict: true, caseSensitive: true }).get(
  '/openapi.json',
  (_request, response) => void response.type('application/json').send(document),
)
if (config.docs) docs.use(pages())

function pages(): Router {
  const router = Router({ strict: true, caseSensitive: true })
  router.get('/', (request, response, next) =>
    request.accepts(['json', 'html']) === 'html' ? response.redirect('/docs/') : next(),
  )
  router.get('/docs', (_request, response) => response.redirect('/docs/'))
  router.use('/docs/', (_request, response, next) => {
    response.set('Content-Security-Policy', POLICY)
    next()
  })
  router.use('/docs/', express.static(site, { acceptRanges: false }), swaggerUi.serve)
  return router
}
