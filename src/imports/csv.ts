import { pipeline, Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { textOfCell } from './csv-cells.js'
import { CsvFailure } from './csv-failure.js'

/** Bytes that a line has at most, with the line ends in its cells. */
export const LONGEST = 1_048_576

/** What stands between cells: a comma, or what spreadsheets write where the comma is the decimal sign, or a tab. */
const DELIMITERS = [',', ';', '\t']

/** What csv-parse says, in our words: its own quote the file. */
const SENTENCES: Partial<Record<CsvError['code'], string>> = {
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

export interface CsvFile {
  columns: string[]
  rows: AsyncIterable<CsvRow>
}

export interface Columns {
  known: readonly string[]
  required: readonly string[]
  /** Names that are refused by a sentence of their own. */
  refused?: Record<string, string>
}

/**
 * Reads CSV (RFC 4180) whose first line names the columns: UTF-8, with or without a byte order mark, with any line ends, and with
 * a comma, a semicolon or a tab between the cells, whichever the first line has. Lines without anything on them are passed over.
 * @throws {CsvFailure} for the first line, or while the rows are read, where none can be read from there on
 */
export async function readCsv({ start, rest }: Begun, columns: Columns): Promise<CsvFile> {
  const lines = linesOf(rest, delimiterOf(start))
  const first = await lines.next()
  if (first.done) throw new CsvFailure(1, 'there is nothing in the file; its first line names the columns')
  const names = first.value.cells.map((name) => (name ?? '').trim().toLowerCase())
  requireNames(names, columns)
  return { columns: names, rows: rowsOf(lines, names) }
}

interface Line {
  line: number
  cells: (string | null)[]
}

async function* rowsOf(lines: AsyncGenerator<Line>, columns: string[]): AsyncGenerator<CsvRow> {
  for await (const { line, cells } of lines) {
    if (cells.length === columns.length)
      yield { line, cells: Object.fromEntries(columns.map((column, index) => [column, cells[index]!])) }
    else {
      const complaint = `it has ${cells.length} cells where the first line names ${columns.length} columns`
      yield { line, cells: {}, complaint }
    }
  }
}

async function* linesOf(bytes: AsyncIterable<Buffer>, delimiter: string): AsyncGenerator<Line> {
  let next = 1
  const parser = parse({
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
  })
  // What ends the one ends the other; the reader below is told.
  pipeline(Readable.from(bytes), parser, () => {})
  try {
    for await (const line of parser as AsyncIterable<Line>)
      if (line.cells.length > 1 || line.cells[0] !== null) yield line
  } catch (error) {
    if (error instanceof CsvError) throw new CsvFailure(next, SENTENCES[error.code] ?? 'it is no CSV')
    throw error
  }
}

function lineEndsIn(cells: (string | null)[]): number {
  return cells.reduce((count, cell) => count + (cell?.match(/\r\n|\n|\r/g)?.length ?? 0), 0)
}

/** Bytes of which the first line is there already, among the others. */
export interface Begun {
  start: Buffer
  rest: AsyncIterable<Buffer>
}

/** Reads on until the first line is there. */
export async function begin(bytes: AsyncGenerator<Buffer>): Promise<Begun> {
  let start = Buffer.alloc(0)
  while (!/[\r\n]/.test(start.toString('latin1')) && start.length <= LONGEST) {
    const { done, value } = await bytes.next()
    if (done) break
    start = Buffer.concat([start, value])
  }
  async function* rest() {
    if (start.length > 0) yield start
    yield* bytes
  }
  return { start, rest: rest() }
}

/** No name of a column has one of them. */
function delimiterOf(start: Buffer): string {
  const [first = ''] = start.toString('utf8').split(/[\r\n]/, 1)
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
