import bcrypt from 'bcrypt'
import { type Checker, MOST, whole } from './foreign-parts.js'

/** bcrypt reads no more than this. Django's library cuts at the same place. */
const BCRYPT_BYTES = 72

/**
 * `$2b$12$<salt and hash>`. For `$2a$`, Node's library counts the length of a password in one byte, and Django's does not. So it
 * must get only the first 72 bytes. It does not know `$2y$`, which is PHP's name for `$2b$`.
 * @param prepared gives the text that bcrypt gets for a password
 */
export function bcryptChecker(prepared: (password: string) => Buffer): (text: string) => Checker {
  return (text) => {
    const cost = Number(/^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text)?.[1])
    if (!(cost >= 4 && cost <= 31)) return 'malformed'
    if (cost > MOST.bcryptCost) return 'too costly'
    const hash = text.replace(/^\$2y/, '$2b')
    return (password) => bcrypt.compare(prepared(password).subarray(0, BCRYPT_BYTES), hash)
  }
}

/** A PHC string. Without a version, the version is the first one, 0x10. */
const ARGON2 = /^argon2(?:id|i|d)(?:\$v=(?:16|19))?\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** `argon2id$v=19$m=102400,t=2,p=8$<salt>$<hash>`, also `argon2i` and `argon2d` (RFC 9106). */
export function argon2Checker(text: string): Checker {
  const [, memory, passes, lanes, salt, hash] = ARGON2.exec(text) ?? []
  const [m, t, p] = [whole(memory), whole(passes), whole(lanes)]
  // RFC 9106 (3.1) requires this, and the library refuses anything else.
  if (!salt || !hash || Number.isNaN(m * t * p) || m < 8 * p || bytesIn(salt) < 8 || bytesIn(hash) < 4)
    return 'malformed'
  if (m * 1024 > MOST.bytes || m * 1024 * t > MOST.work || p > 255) return 'too costly'
  return async (password) => {
    const { verify } = await import('@node-rs/argon2')
    return verify(`$${text}`, password)
  }
}

/** The number of bytes in base64 without padding. */
function bytesIn(base64: string): number {
  return Math.floor((base64.length * 3) / 4)
}
