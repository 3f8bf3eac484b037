import { hash, pbkdf2, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { argon2Checker, bcryptChecker } from './foreign-crypt.js'
import { type Checker, isSame, MOST, whole } from './foreign-parts.js'

/** A hash of another system that can be checked here. */
export interface ForeignHash {
  /** As Django names it: `pbkdf2_sha256`, `unsalted_md5`, … */
  algorithm: string
  /**
   * Compares the password as it was sent, in constant time.
   * @throws when the library has no memory for it
   */
  matches: (password: string) => Promise<boolean>
}

/** Why a hash cannot be checked. This never repeats the text, which may be anything, even a password. */
export interface Unusable {
  reason: string
}

/** In characters. Django's column has 128. */
const LONGEST = 512

/**
 * How to check a password against the text of Django's `password` column. It follows the rules of django.contrib.auth.hashers in
 * every version. Text that Django would not accept, such as hex in capitals or base64 without padding, is malformed.
 */
export function foreignHash(text: string): ForeignHash | Unusable {
  if (text === '' || text.startsWith('!')) return { reason: 'no usable password' }
  if (text.length > LONGEST || !text.isWellFormed()) return { reason: 'malformed' }
  // Django up to 0.90 stored MD5 without a salt.
  const full = /^[0-9a-f]{32}$/.test(text) ? `md5$$${text}` : text
  const at = full.indexOf('$')
  const name = full.slice(0, Math.max(0, at))
  if (name === 'crypt') return { reason: 'crypt, which Node.js does not have' }
  const checker = Object.hasOwn(CHECKERS, name) ? CHECKERS[name]!(full.slice(at + 1)) : undefined
  if (!checker) return { reason: 'an unknown algorithm' }
  const algorithm = /^(?:md5|sha1)\$\$/.test(full) ? `unsalted_${name}` : name
  return typeof checker === 'string' ? { reason: `${checker} ${algorithm}` } : { algorithm, matches: checker }
}

const pbkdf2Of = promisify(pbkdf2)
const scryptOf = promisify<string, string, number, object, Buffer>(scrypt)

const CHECKERS: Record<string, (rest: string) => Checker> = {
  pbkdf2_sha256: pbkdf2Checker('sha256', 32),
  pbkdf2_sha1: pbkdf2Checker('sha1', 20),
  scrypt: scryptChecker,
  bcrypt: bcryptChecker((password) => Buffer.from(password)),
  bcrypt_sha256: bcryptChecker((password) => Buffer.from(hash('sha256', password))),
  argon2: argon2Checker,
  md5: digestChecker('md5', 16),
  sha1: digestChecker('sha1', 20),
}

/** `<iterations>$<salt>$<base64>`. Salt and password are UTF-8. */
function pbkdf2Checker(digest: string, length: number) {
  return (rest: string): Checker => {
    const [iterationsText, salt, made, ...more] = rest.split('$')
    const [iterations, expected] = [whole(iterationsText), bytesOf(made)]
    if (more.length > 0 || !salt || expected?.length !== length || Number.isNaN(iterations)) return 'malformed'
    if (iterations > MOST.iterations) return 'too costly'
    return async (password) => isSame(await pbkdf2Of(password, salt, iterations, length, digest), expected)
  }
}

/** `<N>$<salt>$<r>$<p>$<base64 of 64 bytes>` (RFC 7914). */
function scryptChecker(rest: string): Checker {
  const [costText, salt, blockText, parallelText, made, ...more] = rest.split('$')
  const [N, r, p] = [whole(costText), whole(blockText), whole(parallelText)]
  const expected = bytesOf(made)
  const isPower = N > 1 && Number.isInteger(Math.log2(N))
  if (more.length > 0 || !salt || expected?.length !== 64 || !isPower || Number.isNaN(r * p)) return 'malformed'
  const bytes = 128 * r * (N + p)
  if (bytes > MOST.bytes || 128 * r * N * p > MOST.work) return 'too costly'
  // OpenSSL counts a little more than the formula. Node's own limit of 32 MiB is too small from N = 2^15, r = 8.
  const maxmem = bytes + 2 ** 20
  return async (password) => isSame(await scryptOf(password, salt, 64, { N, r, p, maxmem }), expected)
}

/** `<salt>$<hex>`: the digest of salt and password. */
function digestChecker(algorithm: string, length: number) {
  return (rest: string): Checker => {
    const [salt, hex = '', ...more] = rest.split('$')
    if (more.length > 0 || hex.length !== 2 * length || !/^[0-9a-f]+$/.test(hex)) return 'malformed'
    const expected = Buffer.from(hex, 'hex')
    return async (password) => isSame(hash(algorithm, salt + password, 'buffer'), expected)
  }
}

/** Nothing for text that is not exactly the base64 of RFC 4648. */
function bytesOf(base64: string | undefined): Buffer | undefined {
  const bytes = Buffer.from(base64 ?? '', 'base64')
  return bytes.toString('base64') === base64 ? bytes : undefined
}
