import type { RequestHandler } from 'express'
import { ConfigError } from '../platform/config.js'
import { listOperations } from './routing.js'

/** Paths that the document does not name, with the next segment if there is one. */
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

/** After the scope of a check, the path has whatever a proxy has added. */
const CHECKS = /^\/api\/checks(\/|$)/

/**
 * Removes the path of the public URL from targets that begin with it. Some proxies remove it themselves and some do not. Only the
 * target shows which, because a client could send any header. So the path is removed once.
 * @param prefix `/tokens`, not empty; one that `requireForeignPrefix` has let pass
 */
export function withoutPrefix(prefix: string): RequestHandler {
  return (request, _response, next) => {
    const { url } = request
    // A request may name a whole URL (RFC 9112, 3.2.2).
    const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
    const end = start + prefix.length
    if (start >= 0 && url.startsWith(prefix, start) && (end === url.length || '/?'.includes(url[end]!)))
      request.url = url.slice(0, start) + (url[end] === '/' ? '' : '/') + url.slice(end)
    next()
  }
}

/**
 * Refuses a prefix that is also a path of our own, or leads to one. Nobody could tell whether a proxy has removed it.
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
