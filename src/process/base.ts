import type { Settings } from '../platform/config.js'
import { hostInUrl } from '../platform/listen-host.js'
import { publicBaseOf } from '../platform/public-url.js'

/**
 * What the operator's links start with: the public URL without its last slash, or else the address that the server listens on.
 * @param port that it listens on, because the configured one may be 0
 */
export function baseAt(settings: Settings, port: number): string {
  return publicBaseOf(settings) ?? `http://${hostInUrl(settings.host)}:${port}`
}
