import { pipeline, Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { CsvFailure } from './csv-failure.js'
import {
  type Columns,
  type CsvLine,
  type CsvRow,
  delimiterOf,
  formOf,
  isBlank,
  LONGEST,
  requireNames,
  rowOf,
} from './csv-form.js'

export interface CsvFile {
  columns: string[]
  rows: AsyncIterable<CsvRow>
}

/**
 * Reads CSV (RFC 4180) whose first line names the columns: UTF-8, with or without a byte order mark, with any line ends, and with
 * a comma, a semicolon or a tab between the cells, whichever the first line has. Empty lines are skipped.
 * @throws {CsvFailure} for the first line, or while the rows are read, if no more can be read
 */
export async function readCsv({ start, rest }: Begun, columns: Columns): Promise<CsvFile> {
  const lines = linesOf(rest, delimiterOf(start.toString('utf8')))
  const first = await lines.next()
  if (first.done) throw new CsvFailure(1, 'there is nothing in the file; its first line names the columns')
  const names = first.value.cells.map((name) => (name ?? '').trim().toLowerCase())
  requireNames(names, columns)
  return { columns: names, rows: rowsOf(lines, names) }
}

async function* rowsOf(lines: AsyncGenerator<CsvLine>, columns: string[]): AsyncGenerator<CsvRow> {
  for await (const line of lines) yield rowOf(line, columns)
}

async function* linesOf(bytes: AsyncIterable<Buffer>, delimiter: string): AsyncGenerator<CsvLine> {
  const { options, failureOf } = formOf(delimiter)
  const parser = parse(options)
  // If one ends, the other does too. The reader below is informed.
  pipeline(Readable.from(bytes), parser, () => {})
  try {
    for await (const line of parser as AsyncIterable<CsvLine>) if (!isBlank(line)) yield line
  } catch (error) {
    throw failureOf(error)
  }
}

/** Bytes whose first line has been read, and the rest. */
export interface Begun {
  start: Buffer
  rest: AsyncIterable<Buffer>
}

/** Reads until the first line is complete. */
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
