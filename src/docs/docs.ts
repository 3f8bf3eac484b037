import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type RequestHandler, type Response, Router } from 'express'
import { assets } from '../admin/assets.js'
import { etagOf } from '../api/conditional.js'
import type { Settings } from '../platform/config.js'
import { encodingFor } from '../platform/encodings.js'
import { headersOfBase, prefixOf } from '../platform/public-url.js'
import { documentAt } from './document.js'
import { PAGE_POLICY } from './page.js'
import { problemPage, problemsPage } from './problems.js'

const site = fileURLToPath(new URL('../../docs', import.meta.url))
/** The text before and after the address in the collection. */
const collection = readFileSync(new URL('../../../spec/postman_collection.json', import.meta.url), 'utf8')
  .split(/http:\/\/localhost:8000(.*)/s, 2)
  .map((part) => Buffer.from(part))
const collectionTag = etagOf(Buffer.concat(collection))

/**
 * Everything of Swagger UI comes from this service. There is no other host and no inline script. Swagger UI sets its styles by
 * script.
 */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * Serves the document, the Postman collection and the pages of problems. If they are on, also Swagger UI at /docs/, to which
 * browsers that ask for `/` are redirected.
 */
export function docs(settings: Settings): Router {
  const prefix = prefixOf(settings)
  const vary = headersOfBase(settings)
  const router = Router({ strict: true, caseSensitive: true })
    .get('/openapi.json', sendDocument(vary))
    .get('/postman_collection.json', sendCollection(vary))
    .use('/docs/assets/', assets(`${site}/assets`))
    .get('/docs/problems', (_request, response) => response.redirect(`${prefix}/docs/problems/`))
    .get('/docs/problems/', (_request, response) => sendPage(response, problemsPage(settings)))
    .get('/docs/problems/:name', (request, response, next) => {
      const page = problemPage(request.params.name, settings)
      if (page) sendPage(response, page)
      else next()
    })
  return settings.docs ? router.use(pages(prefix)) : router
}

/** Sends a page that is written here. */
function sendPage(response: Response, page: string) {
  response.set({ 'Content-Security-Policy': PAGE_POLICY, 'Cache-Control': 'no-cache' }).type('html').send(page)
}

/** Sends the document. Its server is the address of the request. */
function sendDocument(vary: string[]): RequestHandler {
  return ({ base, headers }, response) => {
    const encoding = encodingFor(headers['accept-encoding'], ['gzip'])
    const { bytes, etag } = documentAt(base, encoding)
    if (encoding !== 'identity') response.set('Content-Encoding', encoding)
    for (const header of ['Accept-Encoding', ...vary]) response.vary(header)
    response.set({ ETag: etag, 'Cache-Control': 'no-cache' })
    response.type('application/json').send(bytes)
  }
}

/** Sends the collection. When it is imported from here, it calls this address. */
function sendCollection(vary: string[]): RequestHandler {
  const [before, after] = collection as [Buffer, Buffer]
  return ({ base }, response) => {
    for (const header of vary) response.vary(header)
    response.set({ ETag: etagOf(`${collectionTag} ${base}`), 'Cache-Control': 'no-cache' })
    response.type('application/json').send(Buffer.concat([before, Buffer.from(base), after]))
  }
}

function pages(prefix: string): Router {
  return Router({ strict: true, caseSensitive: true })
    .get('/', (request, response, next) =>
      request.accepts(['json', 'html']) === 'html' ? response.vary('Accept').redirect(`${prefix}/docs/`) : next(),
    )
    .get('/docs', (_request, response) => response.redirect(`${prefix}/docs/`))
    .get('/docs/', (_request, response) => {
      // npm gives every file of a package the same date. Express makes an ETag from date and size, so the pages of two versions
      // would have the same.
      response.set({ 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-store' })
      response.sendFile('index.html', { root: site, cacheControl: false, acceptRanges: false })
    })
}
