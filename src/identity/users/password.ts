import { createHmac, randomBytes } from 'node:crypto'
import bcrypt from 'bcrypt'
import { invalid } from '../../platform/failures.js'
import { derivedKey, firstKeyId } from '../../platform/keys.js'
import { PASSWORD_COST } from '../../platform/shares.js'
import type { ForeignHash } from './foreign-hash.js'
import { type Hasher, provenAt, withHashSlot } from './hash-gate.js'
import { uncheckable } from './imported-hash.js'

/** In bytes of UTF-8. A longer password is refused before any work (Django's denial of service of 2013). */
const LONGEST = 1024

/** The columns of a password that was set here. Setting one removes an imported one. */
export interface PasswordHash {
  passwordHash: string
  passwordKey: string
  importedHash: null
  importedKey: null
}

/** What a password is compared with. */
export interface Holder {
  passwordHash: string | null
  passwordKey: string | null
  /** The hash of another system that the user has; the password counts as it was sent. */
  imported?: ForeignHash
  /** What somebody else has, which is compared with for its time alone. */
  drawn: { cost: number; imported?: ForeignHash }
}

/** A password that was correct. */
export interface Match {
  /** A hash that takes the place of one that was imported, is of another cost, or is under an older key. */
  fresh: PasswordHash | undefined
}

/**
 * Hashes the password of a user who has shown another credential.
 * @param address the client's, for the fair queue
 * @throws {HttpError} 503 if too many hashes wait
 */
export function hashPassword(password: string, address: string): Promise<PasswordHash> {
  return withHashSlot(provenAt(address), () => hashOf(password))
}

/**
 * Whether the password is the one that was hashed. Every refused attempt costs one hash of ours and one imported hash, if there
 * are any. So the time does not reveal which users exist.
 * @returns nothing for another password
 * @throws {HttpError} 503 if too many hashes wait, or an imported one could not be compared
 */
export function matchOf(
  password: string,
  { passwordHash, passwordKey, imported, drawn }: Holder,
  hasher: Hasher,
): Promise<Match | undefined> {
  const text = prepared(password, passwordKey ?? firstKeyId())
  return withHashSlot(hasher, async () => {
    const found = await bcrypt.compare(text, passwordHash ?? nobody(drawn.cost))
    const madeAt = passwordHash === null ? drawn.cost : costOf(passwordHash)
    // 2^c + 2^c + 2^(c+1) + … + 2^11 rounds are 2^12. So a hash with a lower cost takes as long as a new one.
    for (let cost = madeAt; cost < PASSWORD_COST; cost++) await bcrypt.compare(text, nobody(cost))
    const isOurs = found && passwordHash !== null
    const isForeign =
      !isOurs &&
      (await (imported ?? drawn.imported)?.matches(password).catch((error: unknown) => {
        throw uncheckable(error)
      }))
    const same = isOurs || (isForeign === true && imported !== undefined)
    if (!same || Buffer.byteLength(password) > LONGEST) return undefined
    const isOutdated = !isOurs || madeAt !== PASSWORD_COST || passwordKey !== firstKeyId()
    return { fresh: isOutdated ? await hashOf(password) : undefined }
  })
}

/** The cost of a hash of ours. */
export function costOf(passwordHash: string): number {
  return bcrypt.getRounds(passwordHash)
}

export interface PasswordChoice {
  text: string
  /** Weak ones pass in the operator's own commands alone, as in Django's createsuperuser. */
  rules: 'enforced' | 'waived'
}

/** @throws {HttpError} 400 for a password against the rules, unless they are waived, and as `hashPassword` */
export async function newPasswordHash(
  { text, rules }: PasswordChoice,
  username: string,
  address: string,
): Promise<PasswordHash> {
  const complaints = rules === 'enforced' ? await passwordComplaints(text, username) : lengthComplaints(text)
  if (complaints.length > 0) throw invalid({ password: complaints })
  return hashPassword(text, address)
}

/** @returns what is wrong with a new password, as sentences for its owner */
export async function passwordComplaints(password: string, username: string): Promise<string[]> {
  if (lengthComplaints(password).length > 0) return lengthComplaints(password)
  const folded = password.normalize('NFC').toLowerCase()
  if ([...folded].length < 8) return ['This password is too short. It must have at least 8 characters.']
  if (folded === username.normalize('NFC').toLowerCase()) return ['The password is the username.']
  return (await commonPasswords()).has(folded) ? ['This password is too common.'] : []
}

/** What is wrong with a password even if weak ones are allowed. */
export function lengthComplaints(password: string): string[] {
  if (password === '') return ['This field may not be blank.']
  return Buffer.byteLength(password) > LONGEST ? [`This password is longer than ${LONGEST} bytes.`] : []
}

/** The list takes 16 ms to load, so it is loaded when somebody first sets a password. */
async function commonPasswords(): Promise<Set<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  common ??= new Set(dictionary['passwords-common'])
  return common
}

let common: Set<string> | undefined

/**
 * The HMAC comes first, so that nothing is cut at bcrypt's 72 bytes and a stolen database alone does not allow guessing. Base64
 * is used because bcrypt stops at a zero byte (OWASP's formula).
 */
function prepared(password: string, keyId: string): string {
  return createHmac('sha384', derivedKey('password', keyId)).update(password.normalize('NFC')).digest('base64')
}

async function hashOf(password: string): Promise<PasswordHash> {
  const passwordKey = firstKeyId()
  const passwordHash = await bcrypt.hash(prepared(password, passwordKey), PASSWORD_COST)
  return { passwordHash, passwordKey, importedHash: null, importedKey: null }
}

/** A hash with this cost that no password matches. */
function nobody(cost: number): string {
  return `${bcrypt.genSaltSync(cost)}${randomBytes(24).toString('base64').slice(0, 31).replace(/[+=]/g, '.')}`
}
