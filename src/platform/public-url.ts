import { ConfigError } from './config-error.js'

/**
 * A scheme, a host, and a path of unreserved characters (RFC 3986, 2.3). Proxies unescape, fold or refuse other characters in
 * different ways, and a cookie's `Path` is compared as it is written.
 */
const FORM = /^https?:\/\/[^/?#\\\s]+((?:\/[\w.~-]+)*)\/?$/i

/** @throws {ConfigError} */
export function parsePublicUrl(text: string | undefined): URL | undefined {
  if (!text) return undefined
  const [, path] = FORM.exec(text) ?? []
  const url = path !== undefined && URL.canParse(text) ? new URL(text) : undefined
  // `.` and `..` are not segments, and a username and password are not part of the host.
  if (url && withoutSlash(url.pathname) === path && url.href === url.origin + url.pathname)
    return new URL(`${url.origin}${path}/`)
  throw new ConfigError(
    'LATCHKEY_PUBLIC_URL must be an address such as https://tokens.example.com or https://example.com/tokens/, with nothing but letters, digits and . _ ~ - in its path',
  )
}

interface Place {
  /** Its path ends with a slash. */
  publicUrl: URL | undefined
}

/** The prefix of every path of this service: `/tokens` for `https://example.com/tokens/`, and nothing without a path. */
export function prefixOf({ publicUrl }: Place): string {
  return publicUrl ? withoutSlash(publicUrl.pathname) : ''
}

/** What links start with if there is a public URL: that URL without its last slash. */
export function publicBaseOf({ publicUrl }: Place): string | undefined {
  return publicUrl && withoutSlash(publicUrl.href)
}

/** The request headers that decide what links start with, as `Vary` names them: none where there is a public URL. */
export function headersOfBase({ publicUrl, trustProxy }: Place & { trustProxy: number | string[] }): string[] {
  if (publicUrl) return []
  const trustsNobody = typeof trustProxy === 'number' ? trustProxy === 0 : trustProxy.length === 0
  return trustsNobody ? ['Host'] : ['Host', 'X-Forwarded-Host', 'X-Forwarded-Proto']
}

function withoutSlash(text: string) {
  return text.endsWith('/') ? text.slice(0, -1) : text
}
