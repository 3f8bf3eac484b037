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

/** Whether a text looks like a value, be its checksum right or wrong. */
export function hasShape(text: string, prefix: Prefix): boolean {
  return SHAPE.exec(text)?.[1] === prefix
}

/** Characters of the longest value. */
const LONGEST = 53

/**
 * Every value in a text that can have been issued, with the line that it stands on.
 * @param pieces of the text, however long it is, as latin-1
 */
export async function* valuesIn(pieces: AsyncIterable<string>): AsyncGenerator<{ value: string; line: number }> {
  let [text, decided, line] = ['', 0, 1]
  // The last piece is followed by what ends the value that may stand there.
  for await (const piece of followedBy(pieces, ' '.repeat(LONGEST + 1))) {
    text += piece
    // One that begins after this may go on in the next piece.
    const end = text.length - LONGEST
    let counted = 0
    for (const { 0: value, index } of text.matchAll(/(?<![0-9A-Za-z])lks?_[0-9A-Za-z]{49}(?![0-9A-Za-z])/g)) {
      if (index < decided || index >= end || !(isWellFormed(value, 'lk') || isWellFormed(value, 'lks'))) continue
      line += linesIn(text, counted, index)
      counted = index
      yield { value, line }
    }
    // What stands before the rest tells whether a value begins there.
    const kept = Math.max(0, end - 1)
    line += linesIn(text, counted, kept)
    decided = Math.max(decided, end) - kept
    text = text.slice(kept)
  }
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
  // One of another system has no prefix to know it by.
  const shown = value.indexOf('_') + 1 || 4
  return `${value.slice(0, shown)}…${value.slice(-4)}`
}

async function* followedBy(pieces: AsyncIterable<string>, last: string) {
  yield* pieces
  yield last
}

/** Line ends from one index to another. */
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
