import { isIP, isIPv6 } from 'node:net'
import { ConfigError } from './config-error.js'

const LOCAL = '127.0.0.1'

/** Names as in RFC 1123, 2.1, and with the underscore that some networks of containers use. */
const NAME = /^(?=.{1,253}$)[a-z\d_]([\w-]*[a-z\d_])?(\.[a-z\d_]([\w-]*[a-z\d_])?)*$/i

/**
 * An address or a name to listen on. An IPv6 address may have brackets, because people know it so from URLs.
 * @throws {ConfigError}
 */
export function listenHost(text: string | undefined): string {
  const host = text || LOCAL
  const [, inner = host] = /^\[([^\]]*)\]$/.exec(host) ?? []
  if (inner === host ? isIP(host) !== 0 || NAME.test(host) : isIPv6(inner)) return inner
  throw new ConfigError('HOST must be an address or a name without scheme or port, such as 0.0.0.0, ::1 or localhost')
}

/** A host in the form for a URL. For a host that means every address of this machine, a name that people can open. */
export function hostInUrl(host: string): string {
  const bracketed = isIPv6(host) ? `[${host}]` : host
  const known = URL.canParse(`http://${bracketed}`) ? new URL(`http://${bracketed}`).hostname : bracketed
  return EVERY.includes(known) ? 'localhost' : bracketed
}

/** The default address is among them, because people know it by its name. */
const EVERY = ['0.0.0.0', '[::]', LOCAL]
