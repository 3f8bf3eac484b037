import { createHmac, randomBytes } from 'node:crypto'
import bcrypt from 'bcrypt'
import { invalid } from '../../platform/failures.js'
import { derivedKey, firstKeyId } from '../../platform/keys.js'
import type { ForeignHash } from './foreign-hash.js'
import { withHashSlot } from './hash-gate.js'
import { uncheckable } from './imported-hash.js'

/** OWASP's password storage cheat sheet asks for 10 or more; 12 takes a quarter of a second. */
const COST = 12

/** Bytes of UTF-8; a longer password is refused before any work (Django's denial of service of 2013). */
const LONGEST = 1024

/** The columns of a password that was set here: with it goes one that was imported. */
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
  /** One of somebody else, which is compared with for its time alone. */
  drawn?: ForeignHash
}

/**
 * @param address who asks, for the fair queue
 * @throws {HttpError} 503 when too many hashes wait
 */
export async function hashPassword(password: string, address: string): Promise<PasswordHash> {
  const passwordKey = firstKeyId()
  const passwordHash = await withHashSlot(address, () => bcrypt.hash(prepared(password, passwordKey), COST))
  return { passwordHash, passwordKey, importedHash: null, importedKey: null }
}

/**
 * Whether the password is the one that was hashed. Whoever is not let in has paid for a hash of ours and for an imported one, if
 * there are any, so that the time tells nothing about which users exist.
 * @throws {HttpError} 503 when too many hashes wait, or an imported one could not be compared
 */
export async function passwordMatches(
  password: string,
  { passwordHash, passwordKey, imported, drawn }: Holder,
  address: string,
): Promise<boolean> {
  const text = prepared(password, passwordKey ?? firstKeyId())
  const same = await withHashSlot(address, async () => {
    const found = await bcrypt.compare(text, passwordHash ?? nobody(COST))
    // 2^c + 2^c + 2^(c+1) + … + 2^11 rounds are 2^12: a hash of an old cost takes the time of a new one.
    for (let cost = costOf(passwordHash); cost < COST; cost++) await bcrypt.compare(text, nobody(cost))
    if (found && passwordHash !== null) return true
    const isForeign = await (imported ?? drawn)?.matches(password).catch((error: unknown) => {
      throw uncheckable(error)
    })
    return isForeign === true && imported !== undefined
  })
  return same && Buffer.byteLength(password) <= LONGEST
}

/** Whether a hash is of an older cost or under an older key, and should be made anew at the next sign-in. */
export function isOutdated({
  passwordHash,
  passwordKey,
}: {
  passwordHash: string | null
  passwordKey: string | null
}): boolean {
  return costOf(passwordHash) < COST || passwordKey !== firstKeyId()
}

export interface PasswordChoice {
  text: string
  /** Weak ones pass in the operator's own commands alone, as in Django's createsuperuser. */
  rules: 'enforced' | 'waived'
}

/** @throws {HttpError} 400 for a password against the rules, unless they are waived; as `hashPassword` */
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

/** What is wrong with any password, however weak it may be. */
export function lengthComplaints(password: string): string[] {
  if (password === '') return ['This field may not be blank.']
  return Buffer.byteLength(password) > LONGEST ? [`This password is longer than ${LONGEST} bytes.`] : []
}

/** The list takes 16 ms to load, so it waits for the first password that somebody sets. */
async function commonPasswords(): Promise<Set<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  common ??= new Set(dictionary['passwords-common'])
  return common
}

let common: Set<string> | undefined

/**
 * HMAC first, so that nothing is cut at bcrypt's 72 bytes and a stolen database alone allows no guessing; base64, since
 * bcrypt stops at a zero byte (OWASP's formula).
 */
function prepared(password: string, keyId: string): string {
  return createHmac('sha384', derivedKey('password', keyId)).update(password.normalize('NFC')).digest('base64')
}

function costOf(passwordHash: string | null) {
  return passwordHash === null ? COST : bcrypt.getRounds(passwordHash)
}

/** A hash of this cost that no password matches. */
function nobody(cost: number): string {
  return `${bcrypt.genSaltSync(cost)}${randomBytes(24).toString('base64').slice(0, 31).replace(/[+=]/g, '.')}`
}
