import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/**
 * Secret scanners find tokens with this pattern, which docs/tokens.md repeats. The value of a session is only ever in a cookie.
 */
const SHAPE = /^(lks?)_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export type Prefix = 'lk' | 'lks'

/** @returns the prefix, 32 random bytes and a CRC-32 of both in base62, as in GitHub's token format */
export function newValue(prefix: Prefix): string {
  const body = `${prefix}_${base62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43)}`
  return body + checksum(body)
}

/** Whether a value can have been issued at all. This refuses junk without a query. */
export function isWellFormed(value: string, prefix: Prefix): boolean {
  const [, found, , check] = SHAPE.exec(value) ?? []
  return found === prefix && checksum(value.slice(0, -6)) === check
}

/** Whether a text looks like a value, even with a wrong checksum. */
export function hasShape(text: string, prefix: Prefix): boolean {
  return SHAPE.exec(text)?.[1] === prefix
}

/** The length of the longest value, in characters. */
const LONGEST = 53

/**
 * Finds every value in a text that can have been issued, with its line number.
 * @param pieces of the text, which may have any length, as latin-1
 */
export async function* valuesIn(pieces: AsyncIterable<string>): AsyncGenerator<{ value: string; line: number }> {
  let [text, decided, line] = ['', 0, 1]
  // Text is added after the last piece, to end a value that may stand there.
  for await (const piece of followedBy(pieces, ' '.repeat(LONGEST + 1))) {
    text += piece
    // A value that begins after this may continue in the next piece.
    const end = text.length - LONGEST
    let counted = 0
    for (const { 0: value, index } of text.matchAll(/(?<![0-9A-Za-z])lks?_[0-9A-Za-z]{49}(?![0-9A-Za-z])/g)) {
      if (index < decided || index >= end || !(isWellFormed(value, 'lk') || isWellFormed(value, 'lks'))) continue
      line += linesIn(text, counted, index)
      counted = index
      yield { value, line }
    }
    // The character before the rest decides whether a value begins there.
    const kept = Math.max(0, end - 1)
    line += linesIn(text, counted, kept)
    decided = Math.max(decided, end) - kept
    text = text.slice(kept)
  }
}

/** The digest that is stored. 256 random bits need no slow hash (ASVS 6.5.2). */
export function digestOf(value: string): string {
  return hash('sha256', value, 'hex')
}

/** What the database stores of a value. */
export function storedFormOf(value: string): { digest: string; hint: string } {
  return { digest: digestOf(value), hint: hintOf(value) }
}

/** Enough to recognize a token by, too little to use it. */
export function hintOf(value: string): string {
  // A value of another system has no known prefix.
  const shown = value.indexOf('_') + 1 || 4
  return `${value.slice(0, shown)}…${value.slice(-4)}`
}

async function* followedBy(pieces: AsyncIterable<string>, last: string) {
  yield* pieces
  yield last
}

/** The number of line ends between two indexes. */
function linesIn(text: string, from: number, to: number): number {
  let count = 0
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count++
  return count
}

function checksum(text: string): string {
  return base62(BigInt(crc32(text)), 6)
}

function base62(number: bigint, length: number): string {
  let text = ''
  for (let rest = number; rest > 0n; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text
  return text.padStart(length, '0')
}
