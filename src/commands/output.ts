import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'

/** What a person reads, on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** What a program reads: JSON, the same members as the API's. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

/** Beside the output, so that nobody takes a new database for the one that was meant. */
export function tellOfNew(database: string): void {
  process.stderr.write(`made a new database: ${database}\n`)
}

type TableRow = Record<string, string | number | null>

/** What is listed, some at a time, however much there is. */
export type Pages<Row> = AsyncIterable<Row[]>

/** Rows under headings, padded; a control character in somebody's text must not move the cursor. */
export function printTable(rows: TableRow[]): Promise<void> {
  return printTablePages(one(rows))
}

/** As `printTable`; a column is as wide as what its pages so far have needed. */
export async function printTablePages(pages: Pages<TableRow>): Promise<void> {
  let widths: number[] | undefined
  for await (const rows of pages) {
    const headings = Object.keys(rows[0] ?? {})
    const lines = rows.map((row) => headings.map((heading) => plain(row[heading])))
    if (rows.length > 0 && !widths) lines.unshift(headings)
    widths = headings.map((_, column) =>
      lines.reduce((most, line) => Math.max(most, line[column]!.length), widths?.[column] ?? 0),
    )
    await printLines(lines.map((line) => padded(line, widths!)))
  }
  if (!widths) print('none')
}

/** A JSON array that is never whole in memory, of the same text as `printJson` of all rows. */
export async function printJsonPages(pages: Pages<object>): Promise<void> {
  let separator = '['
  for await (const rows of pages) {
    const items = rows.map((row) => `\n${JSON.stringify(row, null, 2)}`.replaceAll('\n', '\n  '))
    await printText(items.map((item, index) => (index === 0 ? separator : ',') + item).join(''))
    if (rows.length > 0) separator = ','
  }
  print(separator === '[' ? '[]' : '\n]')
}

/** Lines at once, and no more of them than the reader takes. */
export function printLines(lines: string[]): Promise<void> {
  return printText(lines.map((line) => `${line}\n`).join(''))
}

/** A secret is never an argument, which every user of the machine can read: it is asked for, or comes on standard input. */
export async function readSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return (await readAll(process.stdin)).replace(/\r?\n$/, '')
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true })
  const secret = await prompt.question('')
  prompt.close()
  process.stderr.write('\n')
  return secret
}

async function* one<Row>(rows: Row[]) {
  if (rows.length > 0) yield rows
}

/** No more of it than the reader takes. */
export async function printText(text: string) {
  process.stdout.write(text)
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain')
}

function padded(line: string[], widths: number[]) {
  return line
    .map((cell, column) => cell.padEnd(widths[column]!))
    .join('  ')
    .trimEnd()
}

/** As text of one line; what a terminal would obey is replaced. */
export function plain(value: unknown): string {
  return String(value ?? '-').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD')
}

/** One row whose time is none, as somebody else may have written it, must not end the list. */
export function timeText(time: Date | null): string | null {
  return time && (Number.isNaN(time.getTime()) ? 'invalid' : time.toISOString())
}
