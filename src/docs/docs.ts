import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { type RequestHandler, type Response, Router } from 'express'
import { assets } from '../admin/assets.js'
import { etagOf } from '../api/conditional.js'
import type { Settings } from '../platform/config.js'
import { type Encoding, encodingFor } from '../platform/encodings.js'
import { prefixOf } from '../platform/public-url.js'
import { PAGE_POLICY } from './page.js'
import { problemPage, problemsPage } from './problems.js'

const site = fileURLToPath(new URL('../../docs', import.meta.url))
const document = readFileSync(new URL('../../../spec/openapi.json', import.meta.url))
/** What stands before and after the address that it asks. */
const collection = readFileSync(new URL('../../../spec/postman_collection.json', import.meta.url), 'utf8')
  .split(/http:\/\/localhost:8000(.*)/s, 2)
  .map((part) => Buffer.from(part))
const collectionTag = etagOf(Buffer.concat(collection))

/** Everything of Swagger UI comes from here: no other host, no inline script; the styles that Swagger UI sets are by script. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The document, the Postman collection and what problems mean; where they are on, Swagger UI at /docs/ and the way there for browsers that ask for `/`. */
export function docs(settings: Settings): Router {
  const prefix = prefixOf(settings)
  const router = Router({ strict: true, caseSensitive: true })
    .get('/openapi.json', documentSender(prefix))
    .get('/postman_collection.json', sendCollection)
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

/** One that is written here. */
function sendPage(response: Response, page: string) {
  response.set({ 'Content-Security-Policy': PAGE_POLICY, 'Cache-Control': 'no-cache' }).type('html').send(page)
}

/** Compressed and digested once: a stranger may ask for it as often as they like. The quality takes 2 ms of a start (measured). */
function forms(bytes: Buffer): Record<Encoding, { bytes: Buffer; etag: string }> {
  const br = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } })
  const form = (bytes: Buffer) => ({ bytes, etag: etagOf(bytes) })
  return { br: form(br), gzip: form(gzipSync(bytes)), identity: form(bytes) }
}

/** Its server is the place that it is served from. */
function documentSender(prefix: string): RequestHandler {
  const sent = forms(prefix === '' ? document : servedFrom(prefix))
  return (request, response) => {
    const encoding = encodingFor(request.headers['accept-encoding'])
    const { bytes, etag } = sent[encoding]
    if (encoding !== 'identity') response.set('Content-Encoding', encoding)
    response.vary('Accept-Encoding').set('ETag', etag).type('application/json').send(bytes)
  }
}

function servedFrom(prefix: string): Buffer {
  return Buffer.from(JSON.stringify({ ...JSON.parse(document.toString()), servers: [{ url: prefix }] }, null, 2))
}

/** Imported from here, it asks here. */
const sendCollection: RequestHandler = ({ base }, response) => {
  const [before, after] = collection as [Buffer, Buffer]
  response.set('ETag', etagOf(`${collectionTag} ${base}`)).type('application/json')
  response.send(Buffer.concat([before, Buffer.from(base), after]))
}

function pages(prefix: string): Router {
  return Router({ strict: true, caseSensitive: true })
    .get('/', (request, response, next) =>
      request.accepts(['json', 'html']) === 'html' ? response.vary('Accept').redirect(`${prefix}/docs/`) : next(),
    )
    .get('/docs', (_request, response) => response.redirect(`${prefix}/docs/`))
    .get('/docs/', (_request, response) => {
      // npm gives every file of a package one date: by date and size, as its ETag is made, the pages of two versions are one.
      response.set({ 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-store' })
      response.sendFile('index.html', { root: site, cacheControl: false, acceptRanges: false })
    })
}
