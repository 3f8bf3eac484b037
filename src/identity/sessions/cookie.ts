import { config } from '../../platform/config.js'

const isSecure = config.publicUrl?.protocol === 'https:'

/** RFC 6265bis: with `__Host-` no other host, path or plain connection can set or read it. */
const NAME = isSecure ? '__Host-latchkey_session' : 'latchkey_session'

const ATTRIBUTES = `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`

/** The value in a `Cookie` header; nothing when it is there twice, because one of the two was planted. */
export function sessionValueIn(header: string | undefined): string | undefined {
  const found = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${NAME}=`))
  return found.length === 1 ? found[0]!.slice(NAME.length + 1) : undefined
}

/** A `Set-Cookie` header. Without a lifetime of its own the cookie goes with the browser; the server ends it in time. */
export function sessionCookie(value: string): string {
  return `${NAME}=${value}; ${ATTRIBUTES}`
}

/** Takes the cookie away. */
export const ENDED_COOKIE = `${NAME}=; ${ATTRIBUTES}; Max-Age=0`
