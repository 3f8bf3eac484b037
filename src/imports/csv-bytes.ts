import { isUtf8 } from 'node:buffer'
import { CsvFailure, NO_TEXT } from './csv-failure.js'

/** The first bytes of a file that spreadsheets call Unicode text. */
const UTF_16 = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])]

/**
 * Passes on the bytes of a file, in pieces that end with a whole character.
 * @throws {CsvFailure} at the first line that is not UTF-8 or has U+0000, which the databases do not both store
 */
export async function* onlyText(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let line = 1
  let carried = Buffer.alloc(0)
  let isFirst = true
  for await (const chunk of bytes) {
    const all = Buffer.concat([carried, chunk])
    if (isFirst && all.length >= 2) {
      if (UTF_16.some((mark) => all.subarray(0, 2).equals(mark))) throw new CsvFailure(1, NO_TEXT.utf16)
      isFirst = false
    }
    const whole = all.subarray(0, all.length - unfinished(all))
    carried = all.subarray(whole.length)
    if (whole.length === 0) continue
    requireText(whole, line)
    line += lineEnds(whole)
    yield whole
  }
  if (carried.length > 0) throw new CsvFailure(line, NO_TEXT.notUtf8)
}

function requireText(text: Buffer, line: number) {
  if (isUtf8(text) && !text.includes(0)) return
  for (const [index, part] of partsOf(text).entries()) {
    if (!isUtf8(part)) throw new CsvFailure(line + index, NO_TEXT.notUtf8)
    if (part.includes(0)) throw new CsvFailure(line + index, NO_TEXT.zero)
  }
}

function partsOf(text: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let from = 0; from <= text.length; ) {
    const end = text.indexOf(0x0a, from)
    parts.push(text.subarray(from, end < 0 ? text.length : end))
    from = end < 0 ? text.length + 1 : end + 1
  }
  return parts
}

function lineEnds(text: Buffer): number {
  let count = 0
  for (let at = text.indexOf(0x0a); at >= 0; at = text.indexOf(0x0a, at + 1)) count++
  return count
}

/** The number of bytes at the end that begin an incomplete character. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}
