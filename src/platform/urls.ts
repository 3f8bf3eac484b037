import { ConfigError } from './config-error.js'

/**
 * An origin as browsers write it in `Origin`: in small letters, and without the port that its scheme has anyway.
 * @throws {ConfigError} for what is no origin, or one of several
 */
export function corsOrigin(text: string): string {
  // What stands for several hosts is a valid host name to `URL`.
  if (/^https?:\/\/[^/?#@*\\\s]+$/i.test(text) && URL.canParse(text)) return new URL(text).origin
  throw new ConfigError(
    'LATCHKEY_CORS_ORIGINS must be origins such as https://app.example.com: scheme, host and port alone; no path, no wildcard, never `null`',
  )
}

/** @throws {ConfigError} for what is no URL that traces can be sent to */
export function tracesEndpoint(text: string | undefined): string | undefined {
  if (!text) return undefined
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text
  throw new ConfigError('OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://localhost:4318')
}
