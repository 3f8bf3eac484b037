import { parse } from 'csv-parse/sync'
import { CsvFailure, NO_TEXT } from './csv-failure.js'
import { type CsvLine, delimiterOf, formOf, isBlank } from './csv-form.js'

/**
 * Reads a whole CSV at once, in the same way as a stream. A browser can use it too.
 * @returns the lines, the first of which names the columns
 * @throws {CsvFailure} if it is not text, or cannot be read to its end
 */
export function linesOfFile(bytes: Uint8Array): CsvLine[] {
  const text = textIn(bytes)
  const { options, failureOf } = formOf(delimiterOf(text))
  try {
    return (parse(text, options) as unknown as CsvLine[]).filter((line) => !isBlank(line))
  } catch (error) {
    throw failureOf(error)
  }
}

function textIn(bytes: Uint8Array): string {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw new CsvFailure(1, NO_TEXT.utf16)
  const text = decoded(bytes)
  if (text === undefined)
    throw new CsvFailure(
      firstLine(bytes, (part) => decoded(part) === undefined),
      NO_TEXT.notUtf8,
    )
  if (text.includes('\0'))
    throw new CsvFailure(
      firstLine(bytes, (part) => part.includes(0)),
      NO_TEXT.zero,
    )
  return text
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function firstLine(bytes: Uint8Array, isIt: (line: Uint8Array) => boolean): number {
  for (let [from, line] = [0, 1]; ; line++) {
    const end = bytes.indexOf(0x0a, from)
    if (end < 0 || isIt(bytes.subarray(from, end))) return line
    from = end + 1
  }
}
