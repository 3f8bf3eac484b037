import type { Options } from 'csv-parse'
import { textOfCell } from './csv-cells.js'
import { CsvFailure } from './csv-failure.js'

/** Bytes that a line has at most, with the line ends in its cells. */
export const LONGEST = 1_048_576

/** What stands between cells: a comma, or what spreadsheets write where the comma is the decimal sign, or a tab. */
const DELIMITERS = [',', ';', '\t']

/** What csv-parse says, in our words: its own quote the file. */
const SENTENCES: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: 'its quotes are not closed',
  CSV_INVALID_CLOSING_QUOTE: 'something stands between closing quotes and the end of the cell',
  INVALID_OPENING_QUOTE: 'there are quotes in the middle of a cell that does not begin with some',
  CSV_MAX_RECORD_SIZE: `it is longer than ${LONGEST} bytes`,
}

/** A line of a file; one with line ends in its cells has the number of the first. */
export interface CsvRow {
  line: number
  /** Texts by the names of the columns; null where a cell is empty and has no quotes. */
  cells: Record<string, string | null>
  /** Why there are no cells. */
  complaint?: string
}

export interface CsvLine {
  line: number
  cells: (string | null)[]
}

/**
 * How csv-parse is to read CSV (RFC 4180) as a stream or as a whole text: with or without a byte order mark, and with any line ends.
 * What it gives is a `CsvLine` each.
 * @param delimiter as `delimiterOf` finds it
 */
export function formOf(delimiter: string): { options: Options; failureOf: (error: unknown) => unknown } {
  let next = 1
  const options: Options = {
    bom: true,
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: LONGEST,
    cast: (text, { quoting }) => (text === '' && !quoting ? null : textOfCell(text)),
    // Counted here, because the parser's own number takes the two characters of a line end in a cell for two; and as it parses,
    // because an error comes before the lines that were parsed and not yet read.
    on_record: (cells: (string | null)[]) => {
      const line = next
      next += 1 + lineEndsIn(cells)
      return { line, cells } as never
    },
  }
  const failureOf = (error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return /^(CSV|INVALID)_/.test(code) ? new CsvFailure(next, SENTENCES[code] ?? 'it is no CSV') : error
  }
  return { options, failureOf }
}

/** Lines without anything on them are passed over. */
export function isBlank({ cells }: CsvLine): boolean {
  return cells.length === 1 && cells[0] === null
}

export function rowOf({ line, cells }: CsvLine, columns: string[]): CsvRow {
  if (cells.length === columns.length)
    return { line, cells: Object.fromEntries(columns.map((column, index) => [column, cells[index]!])) }
  const complaint = `it has ${cells.length} cells, but the first line names ${columns.length} columns`
  return { line, cells: {}, complaint }
}

export interface Columns {
  known: readonly string[]
  required: readonly string[]
  /** Names that are refused by a sentence of their own. */
  refused?: Record<string, string>
}

function lineEndsIn(cells: (string | null)[]): number {
  return cells.reduce((count, cell) => count + (cell?.match(/\r\n|\n|\r/g)?.length ?? 0), 0)
}

/** No name of a column has one of them. */
export function delimiterOf(start: string): string {
  const [first = ''] = start.split(/[\r\n]/, 1)
  const count = (delimiter: string) => first.split(delimiter).length
  return DELIMITERS.reduce((most, delimiter) => (count(delimiter) > count(most) ? delimiter : most))
}

/** A name is not repeated: where the first line is missing, it is somebody's data. */
export function requireNames(names: string[], { known, required, refused = {} }: Columns) {
  for (const [index, name] of names.entries()) {
    const at = `column ${index + 1}`
    if (Object.hasOwn(refused, name)) throw new CsvFailure(1, `${at}: ${refused[name]}`)
    if (!known.includes(name))
      throw new CsvFailure(
        1,
        `${at} has ${name === '' ? 'no name' : 'a name that is unknown'}; there are ${known.join(', ')}`,
      )
    if (names.indexOf(name) < index)
      throw new CsvFailure(1, `columns ${names.indexOf(name) + 1} and ${index + 1} have the same name`)
  }
  const missing = required.filter((name) => !names.includes(name))
  if (missing.length > 0) throw new CsvFailure(1, `there is no column ${missing.join(', ')}`)
}
