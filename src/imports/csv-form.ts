import type { Options } from 'csv-parse'
import { textOfCell } from './csv-cells.js'
import { CsvFailure } from './csv-failure.js'

/** The most bytes of a line, with the line ends in its cells. */
export const LONGEST = 1_048_576

/** The characters between cells: a comma, the semicolon that spreadsheets write if the comma is the decimal sign, or a tab. */
const DELIMITERS = [',', ';', '\t']

/** Our sentences for csv-parse's errors, because its own messages quote the file. */
const SENTENCES: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: 'its quotes are not closed',
  CSV_INVALID_CLOSING_QUOTE: 'something stands between closing quotes and the end of the cell',
  INVALID_OPENING_QUOTE: 'there are quotes in the middle of a cell that does not begin with some',
  CSV_MAX_RECORD_SIZE: `it is longer than ${LONGEST} bytes`,
}

/** A line of a file. If its cells have line ends, its number is that of the first. */
export interface CsvRow {
  line: number
  /** Texts by the names of the columns. Null for an empty cell without quotes. */
  cells: Record<string, string | null>
  /** Why there are no cells. */
  complaint?: string
}

export interface CsvLine {
  line: number
  cells: (string | null)[]
}

/**
 * The options with which csv-parse reads CSV (RFC 4180), as a stream or as a whole text, with or without a byte order mark, and
 * with any line ends. Each result is a `CsvLine`.
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
    // Lines are counted here, because the parser counts a two-character line end in a cell twice. They are counted while it
    // parses, because an error comes before the lines that were parsed but not yet read.
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

/** Empty lines are skipped. */
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
  /** Names that are refused with a sentence of their own. */
  refused?: Record<string, string>
}

function lineEndsIn(cells: (string | null)[]): number {
  return cells.reduce((count, cell) => count + (cell?.match(/\r\n|\n|\r/g)?.length ?? 0), 0)
}

/** The delimiter of the first line. No name of a column contains one. */
export function delimiterOf(start: string): string {
  const [first = ''] = start.split(/[\r\n]/, 1)
  const count = (delimiter: string) => first.split(delimiter).length
  return DELIMITERS.reduce((most, delimiter) => (count(delimiter) > count(most) ? delimiter : most))
}

/** The message does not repeat a name, because without a first line it is somebody's data. */
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
