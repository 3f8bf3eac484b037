import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { ConfigError } from './config-error.js'

/** What a URL says of TLS. The files are read anew for each connection, because certificates are renewed while a service runs. */
export interface TlsFiles {
  rootCertificate: string | undefined
}

/** libpq's words; its `require` encrypts without checking the certificate, ours checks it. @throws {ConfigError} */
export function tlsFiles(parameters: Map<string, string>): TlsFiles | undefined {
  const mode = parameters.get('sslmode') ?? 'disable'
  const rootCertificate = parameters.get('sslrootcert')
  if (!['disable', 'require', 'verify-full'].includes(mode))
    throw new ConfigError('DATABASE_URL: sslmode must be disable, require or verify-full')
  if (mode !== 'disable') return { rootCertificate: rootCertificate || undefined }
  if (rootCertificate === undefined) return undefined
  throw new ConfigError('DATABASE_URL: sslrootcert needs sslmode=verify-full, or the connection is in clear text')
}

/** @throws {ConfigError} that says which file cannot be used, and not its path */
export function requireUsableFiles(files: TlsFiles): void {
  tlsOptions(files)
}

/** @throws {ConfigError} as above */
export function tlsOptions({ rootCertificate }: TlsFiles): ConnectionOptions {
  try {
    return { rejectUnauthorized: true, ca: rootCertificate && readFileSync(rootCertificate, 'utf8') }
  } catch (cause) {
    throw new ConfigError('DATABASE_URL: the file that sslrootcert names cannot be read', { cause })
  }
}
