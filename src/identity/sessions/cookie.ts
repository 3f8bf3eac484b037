import type { Settings } from '../../platform/config.js'
import { prefixOf } from '../../platform/public-url.js'

/** The value in a `Cookie` header. Nothing if it is there twice, because one of the two was planted. */
export function sessionValueIn(header: string | undefined, settings: Settings): string | undefined {
  if (header === undefined) return undefined
  const start = `${nameFor(settings)}=`
  const found = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start))
  return found.length === 1 ? found[0]!.slice(start.length) : undefined
}

/**
 * A `Set-Cookie` header. The cookie has no lifetime of its own and ends with the browser. The server ends the session in time.
 */
export function sessionCookie(value: string, settings: Settings): string {
  const path = settings.publicUrl?.pathname ?? '/'
  return `${nameFor(settings)}=${value}; Path=${path}; HttpOnly; SameSite=Strict${isSecure(settings) ? '; Secure' : ''}`
}

/** A `Set-Cookie` header that removes the cookie. */
export function endedCookie(settings: Settings): string {
  return `${sessionCookie('', settings)}; Max-Age=0`
}

/**
 * With `__Host-`, no other host, path or plain connection can set or read the cookie (RFC 6265bis). That prefix requires
 * `Path=/`. For a path, `__Secure-` still keeps out cookies that came without TLS.
 */
function nameFor(settings: Settings) {
  if (!isSecure(settings)) return 'latchkey_session'
  return prefixOf(settings) === '' ? '__Host-latchkey_session' : '__Secure-latchkey_session'
}

function isSecure({ publicUrl }: Settings) {
  return publicUrl?.protocol === 'https:'
}
