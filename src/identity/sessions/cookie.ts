import type { Settings } from '../../platform/config.js'
import { prefixOf } from '../../platform/public-url.js'

/** The value in a `Cookie` header; nothing when it is there twice, because one of the two was planted. */
export function sessionValueIn(header: string | undefined, settings: Settings): string | undefined {
  if (header === undefined) return undefined
  const start = `${nameFor(settings)}=`
  const found = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start))
  return found.length === 1 ? found[0]!.slice(start.length) : undefined
}

/** A `Set-Cookie` header. Without a lifetime of its own the cookie goes with the browser; the server ends it in time. */
export function sessionCookie(value: string, settings: Settings): string {
  const path = settings.publicUrl?.pathname ?? '/'
  return `${nameFor(settings)}=${value}; Path=${path}; HttpOnly; SameSite=Strict${isSecure(settings) ? '; Secure' : ''}`
}

/** Takes the cookie away. */
export function endedCookie(settings: Settings): string {
  return `${sessionCookie('', settings)}; Max-Age=0`
}

/**
 * RFC 6265bis: with `__Host-` no other host, path or plain connection can set or read it. That prefix demands `Path=/`; under a path
 * `__Secure-` still keeps out what came without TLS.
 */
function nameFor(settings: Settings) {
  if (!isSecure(settings)) return 'latchkey_session'
  return prefixOf(settings) === '' ? '__Host-latchkey_session' : '__Secure-latchkey_session'
}

function isSecure({ publicUrl }: Settings) {
  return publicUrl?.protocol === 'https:'
}
