import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Scanners for secrets find a token by this; docs/tokens.md repeats it. A session's value only ever lives in a cookie. */
const SHAPE = /^(lks?)_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export type Prefix = 'lk' | 'lks'

/** @returns prefix, 32 random bytes and a CRC-32 of both in base62, as GitHub's token format has it */
export function newValue(prefix: Prefix): string {
  const body = `${prefix}_${base62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43)}`
  return body + checksum(body)
}

/** Whether a value can have been issued at all; junk is refused by this, without a query. */
export function isWellFormed(value: string, prefix: Prefix): boolean {
  const [, found, , check] = SHAPE.exec(value) ?? []
  return found === prefix && checksum(value.slice(0, -6)) === check
}

/** Every value in a text that can have been issued, with the line that it stands on. */
export function* valuesIn(text: string): Generator<{ value: string; line: number }> {
  for (const { 0: value, index } of text.matchAll(/(?<![0-9A-Za-z])lks?_[0-9A-Za-z]{49}(?![0-9A-Za-z])/g))
    if (isWellFormed(value, 'lk') || isWellFormed(value, 'lks'))
      yield { value, line: text.slice(0, index).split('\n').length }
}

/** What is stored: 256 random bits need no slow hash (ASVS 6.5.2). */
export function digestOf(value: string): string {
  return hash('sha256', value, 'hex')
}

/** What the database keeps of a value. */
export function storedFormOf(value: string): { digest: string; hint: string } {
  return { digest: digestOf(value), hint: hintOf(value) }
}

/** Enough to recognize a token by, too little to use it. */
export function hintOf(value: string): string {
  return `${value.slice(0, value.indexOf('_') + 1)}…${value.slice(-4)}`
}

function checksum(text: string): string {
  return base62(BigInt(crc32(text)), 6)
}

function base62(number: bigint, length: number): string {
  let text = ''
  for (let rest = number; rest > 0n; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text
  return text.padStart(length, '0')
}
