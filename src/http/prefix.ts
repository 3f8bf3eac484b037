import type { RequestHandler } from 'express'
import { ConfigError } from '../platform/config.js'
import { listOperations } from './routing.js'

/** What the document does not name, and the segment behind it where there is any. */
const SITES = [
  '/account/{file}',
  '/admin/assets/{file}',
  '/docs/assets/{file}',
  '/docs/problems/{name}',
  '/healthz',
  '/readyz',
  '/openapi.json',
  '/postman_collection.json',
]

/** Behind the scope of a check stands whatever a proxy has added. */
const CHECKS = /^\/api\/checks(\/|$)/

/**
 * Takes the path of the public URL from the targets that begin with it. A proxy that takes it away itself and one that does not are
 * told apart by the target alone, never by a header that a client could send; so the path is taken away once.
 * @param prefix `/tokens`, not empty; one that `requireForeignPrefix` has let pass
 */
export function withoutPrefix(prefix: string): RequestHandler {
  return (request, _response, next) => {
    const { url } = request
    // RFC 9112, 3.2.2: a request may name a whole URL.
    const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
    const end = start + prefix.length
    if (start >= 0 && url.startsWith(prefix, start) && (end === url.length || '/?'.includes(url[end]!)))
      request.url = url.slice(0, start) + (url[end] === '/' ? '' : '/') + url.slice(end)
    next()
  }
}

/**
 * Of a path that is also one of our own, or leads to one, nobody could tell whether a proxy has taken the prefix away.
 * @throws {ConfigError}
 */
export function requireForeignPrefix(prefix: string): void {
  if (prefix === '') return
  const wanted = segmentsOf(prefix)
  const own = [...SITES, ...listOperations().map(({ path }) => path)].find((path) => {
    const segments = segmentsOf(path)
    return wanted.every((segment, index) => segment === segments[index] || segments[index]?.startsWith('{'))
  })
  if (own !== undefined || CHECKS.test(prefix))
    throw new ConfigError(
      'LATCHKEY_PUBLIC_URL must have another path: this one begins like paths of the service itself, such as /api/, /docs/ and /admin/',
    )
}

function segmentsOf(path: string) {
  return path.split('/').filter(Boolean)
}
