import { ConfigError } from './config-error.js'

/**
 * An origin as browsers write it in `Origin`: in lower case, and without the scheme's default port.
 * @throws {ConfigError} for text that is not exactly one origin
 */
export function corsOrigin(text: string): string {
  // `URL` accepts a wildcard for several hosts as a host name.
  if (/^https?:\/\/[^/?#@*\\\s]+$/i.test(text) && URL.canParse(text)) return new URL(text).origin
  throw new ConfigError(
    'LATCHKEY_CORS_ORIGINS must be origins such as https://app.example.com: scheme, host and port alone; no path, no wildcard, never `null`',
  )
}

/** @throws {ConfigError} for text that is not a URL to send traces to */
export function tracesEndpoint(text: string | undefined): string | undefined {
  if (!text) return undefined
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text
  throw new ConfigError('OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://localhost:4318')
}
