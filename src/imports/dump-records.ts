/** A dump that is not JSON, or that is incomplete. */
export class BrokenDump extends Error {}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_LIST, CLOSE_LIST, OPEN_RECORD, CLOSE_RECORD] = [0x5b, 0x5d, 0x7b, 0x7d]
const BLANKS = [0x20, 0x09, 0x0a, 0x0d]

/** The byte order mark, which UTF-8 does not need and some programs write. */
const MARK = [0xef, 0xbb, 0xbf]

/** The place in a list between two records. */
type Place = 'before the list' | 'before the first' | 'after one' | 'after a comma' | 'behind the list'

/**
 * Reads the records of a dump, piece by piece, without keeping them. Only the ends of records are found here. `JSON.parse` then
 * reads each record, because a streaming parser takes five times as long (measured).
 * @param form a list of records, or one after the other
 * @throws {BrokenDump} after the records before the break
 */
export async function* recordsOf(
  bytes: AsyncIterable<Uint8Array>,
  form: 'array' | 'lines',
): AsyncGenerator<unknown[], void, undefined> {
  const finder = new RecordFinder(form)
  for await (const piece of bytes) {
    const buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    yield finder.recordsIn(buffer)
    if (finder.isBroken) throw new BrokenDump()
  }
  if (!finder.isWhole) throw new BrokenDump()
}

/** A whole number with this many digits may be one that JavaScript would round. */
const LARGE = /\d{16}/

/** A text or a number. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g

/** Keeps a key of 64 bits as text. After rounding, two users could have the same number. */
function exact(token: string): string {
  return /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token
}

class RecordFinder {
  isBroken = false
  private place: Place
  private depth = 0
  private isInText = false
  private isEscaped = false
  /** The beginning of a record that continues in the next piece. */
  private readonly beginning: Buffer[] = []

  constructor(private readonly form: 'array' | 'lines') {
    this.place = form === 'array' ? 'before the list' : 'before the first'
  }

  get isWhole(): boolean {
    return this.depth === 0 && (this.form === 'lines' || this.place === 'behind the list')
  }

  recordsIn(piece: Buffer): unknown[] {
    const records: unknown[] = []
    let start = 0
    for (let at = 0; at < piece.length; at++) {
      const sign = piece[at]!
      if (this.isInText) {
        if (this.isEscaped) this.isEscaped = false
        else if (sign === BACKSLASH) this.isEscaped = true
        else if (sign === QUOTE) this.isInText = false
      } else if (this.depth === 0) {
        this.between(sign)
        if (this.isBroken) return records
        if (this.depth > 0) start = at
      } else if (sign === QUOTE) this.isInText = true
      else if (sign === OPEN_RECORD || sign === OPEN_LIST) this.depth++
      else if ((sign === CLOSE_RECORD || sign === CLOSE_LIST) && --this.depth === 0) {
        this.beginning.push(piece.subarray(start, at + 1))
        const record = this.parsed()
        if (record === undefined) return records
        records.push(record)
      }
    }
    // It is copied, because the reader of the pieces may use the same memory again.
    if (this.depth > 0) this.beginning.push(Buffer.from(piece.subarray(start)))
    return records
  }

  private parsed(): unknown {
    const [first, ...others] = this.beginning.splice(0)
    const text = others.length === 0 ? first!.toString('utf8') : Buffer.concat([first!, ...others]).toString('utf8')
    try {
      return JSON.parse(LARGE.test(text) ? text.replace(TOKENS, exact) : text)
    } catch {
      this.isBroken = true
      return undefined
    }
  }

  /** Handles a character outside every record. */
  private between(sign: number) {
    if (BLANKS.includes(sign) || (this.place.startsWith('before') && MARK.includes(sign))) return
    const next = this.form === 'lines' ? afterLine(sign) : AFTER[this.place][sign]
    if (next === undefined) this.isBroken = true
    else if (next === 'after one') this.depth = 1
    this.place = next ?? this.place
  }
}

const afterLine = (sign: number): Place | undefined => (sign === OPEN_RECORD ? 'after one' : undefined)

/** The next place, by the character. */
const AFTER: Record<Place, Record<number, Place>> = {
  'before the list': { [OPEN_LIST]: 'before the first' },
  'before the first': { [OPEN_RECORD]: 'after one', [CLOSE_LIST]: 'behind the list' },
  'after one': { [COMMA]: 'after a comma', [CLOSE_LIST]: 'behind the list' },
  'after a comma': { [OPEN_RECORD]: 'after one' },
  'behind the list': {},
}
