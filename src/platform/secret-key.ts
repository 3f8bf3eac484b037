import { ConfigError } from './config-error.js'

/**
 * Requires 32 bytes (ASVS 11.1.1). A key with few different bytes, or one that is readable text, was typed and not drawn.
 * @throws {ConfigError}
 */
export function secretKey(text: string): Buffer {
  const key = Buffer.from(text, 'base64')
  const asGiven = text.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '')
  if (key.toString('base64').replace(/=+$/, '') !== asGiven)
    throw new ConfigError('LATCHKEY_SECRET_KEY must be base64; make one with `openssl rand -base64 32`')
  if (key.length < 32) throw new ConfigError('LATCHKEY_SECRET_KEY must have 32 bytes or more before base64')
  if (new Set(key).size < 12 || key.every((byte) => byte >= 0x20 && byte < 0x7f))
    throw new ConfigError('LATCHKEY_SECRET_KEY is a sample; make one with `openssl rand -base64 32`')
  return key
}
