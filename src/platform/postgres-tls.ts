import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { type ConnectionOptions, createSecureContext } from 'node:tls'
import { ConfigError } from './config-error.js'

/**
 * What a URL says about TLS. The files are read again for each connection, because certificates are renewed while a service runs.
 */
export interface TlsFiles {
  mode: (typeof MODES)[number]
  /** Nothing if the certificates that come with Node.js are trusted. */
  root: string | undefined
  client: { certificate: string; key: string } | undefined
}

/** The modes of libpq that are strict. Its `require` encrypts without checking the certificate. Ours checks it. */
const MODES = ['require', 'verify-ca', 'verify-full'] as const

/** @throws {ConfigError} */
export function tlsFiles(parameters: Map<string, string>): TlsFiles | undefined {
  const text = parameters.get('sslmode') ?? 'disable'
  const mode = MODES.find((known) => known === text)
  const [root, certificate, key] = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => parameters.get(name) || undefined)
  if (!mode) {
    if (text !== 'disable') throw new ConfigError(`DATABASE_URL: sslmode must be disable, ${MODES.join(', ')}`)
    const [given] = ['sslrootcert', 'sslcert', 'sslkey'].filter((name) => parameters.has(name))
    if (given === undefined) return undefined
    throw new ConfigError(`DATABASE_URL: ${given} needs sslmode=verify-full, or the connection is in clear text`)
  }
  if (!certificate !== !key) throw new ConfigError('DATABASE_URL: sslcert and sslkey need each other')
  const isSystem = root === 'system'
  if (isSystem && mode !== 'verify-full')
    throw new ConfigError('DATABASE_URL: sslrootcert=system needs sslmode=verify-full')
  return { mode, root: isSystem ? undefined : root, client: certificate && key ? { certificate, key } : undefined }
}

/**
 * The contents of the files, for a connection.
 * @throws {ConfigError} that names the parameter whose file cannot be used
 */
export function tlsOptions({ mode, root, client }: TlsFiles): ConnectionOptions {
  const options = {
    rejectUnauthorized: true,
    ca: root && certificates('sslrootcert', root),
    ...(client && { cert: certificates('sslcert', client.certificate), key: privateKey(client.key) }),
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  }
  try {
    createSecureContext(options)
    return options
  } catch (cause) {
    const { reason, message } = cause as { reason?: string; message: string }
    throw new ConfigError(`DATABASE_URL: sslcert and sslkey cannot be used together: ${reason ?? message}`, { cause })
  }
}

function certificates(parameter: string, file: string): string {
  const text = read(parameter, file)
  try {
    new X509Certificate(text)
    return text
  } catch (cause) {
    throw new ConfigError(`DATABASE_URL: the file that ${parameter} names holds no certificate`, { cause })
  }
}

/**
 * As in libpq (PostgreSQL 18, chapter 32.19.1), nobody else may read the key. If root owns it, a group may read it, so that
 * several services can share it.
 */
function privateKey(file: string): string {
  const text = read('sslkey', file)
  const { uid, mode } = statSync(file)
  if ((mode & (uid === 0 ? 0o037 : 0o077)) !== 0)
    throw new ConfigError(
      'DATABASE_URL: the file that sslkey names can be read by others; it must have mode 0600 or less, or 0640 or less where it belongs to root',
    )
  return text
}

function read(parameter: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`DATABASE_URL: the file that ${parameter} names cannot be read`, { cause })
  }
}
