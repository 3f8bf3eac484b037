import type { Begun, CsvFile } from './csv.js'
import { cellOfList } from './csv-cells.js'
import { CsvFailure } from './csv-failure.js'
import { type Columns, type CsvRow, LONGEST, requireNames } from './csv-form.js'

/** Whether a file begins with an object, which no line of column names does. */
export function isJsonLines({ start }: Begun): boolean {
  return /^\ufeff?\s*\{/.test(start.toString('utf8'))
}

/**
 * Reads JSON Lines in the same way as the CSV of the same rows. The names in the first object are the columns. Every other object
 * has the same.
 * @throws {CsvFailure} for the first line, or while the rows are read, if no more can be read
 */
export async function readJsonLines(begun: Begun, columns: Columns): Promise<CsvFile> {
  const lines = linesOf(begun)
  const first = await lines.next()
  if (first.done) throw new CsvFailure(1, 'there is nothing in the file')
  const [line, text] = first.value
  const object = objectIn(text)
  if (!object) throw new CsvFailure(line, NO_OBJECT)
  const names = Object.keys(object)
  requireNames(names, columns)
  async function* rows() {
    yield rowOf(line, text, names)
    for await (const [line, text] of lines) yield rowOf(line, text, names)
  }
  return { columns: names, rows: rows() }
}

const NO_OBJECT = 'it is no JSON object'

function rowOf(line: number, text: string, names: string[]): CsvRow {
  const object = objectIn(text)
  if (!object) return { line, cells: {}, complaint: NO_OBJECT }
  const values = Object.entries(object)
  if (values.length !== names.length || !names.every((name) => Object.hasOwn(object, name)))
    return { line, cells: {}, complaint: 'it has other names than the first line' }
  return { line, cells: Object.fromEntries(values.map(([name, value]) => [name, cellOf(value)])) }
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function cellOf(value: unknown): string | null {
  if (value === null) return null
  if (Array.isArray(value)) return cellOfList(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

async function* linesOf({ rest }: Begun): AsyncGenerator<[line: number, text: string]> {
  let line = 0
  let open = ''
  for await (const bytes of rest) {
    const texts = (open + bytes.toString('utf8')).split('\n')
    open = texts.pop()!
    if (open.length > LONGEST) throw new CsvFailure(line + texts.length + 1, `it is longer than ${LONGEST} bytes`)
    for (const text of texts) {
      line++
      if (text.trim() !== '') yield [line, bare(text)]
    }
  }
  if (open.trim() !== '') yield [line + 1, bare(open)]
}

function bare(text: string) {
  return text.replace(/^\ufeff/, '')
}
