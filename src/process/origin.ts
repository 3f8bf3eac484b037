import type { Settings } from '../platform/config.js'

/**
 * What the operator's links start with: the public URL, else where the server listens.
 * @param port that it listens on, where the configured one may be 0
 */
export function originAt({ publicUrl, host }: Settings, port: number): string {
  return publicUrl?.origin ?? `http://${hostIn(host)}:${port}`
}

function hostIn(host: string) {
  if (['127.0.0.1', '0.0.0.0', '::'].includes(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
