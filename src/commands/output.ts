import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'

/** Prints a line for a person, on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Prints JSON for a program, with the same members as in the API. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

/** Says on standard error that a database is new, so that nobody takes it for the one that they meant. */
export function tellOfNew(database: string): void {
  process.stderr.write(`made a new database: ${database}\n`)
}

type TableRow = Record<string, string | number | null>

/** The rows of a list, some at a time, however many there are. */
export type Pages<Row> = AsyncIterable<Row[]>

/** Prints rows under headings, in columns. A control character in somebody's text must not move the cursor. */
export function printTable(rows: TableRow[]): Promise<void> {
  return printTablePages(one(rows))
}

/** As `printTable`, page by page. A column is as wide as the pages so far have needed. */
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

/** Prints a JSON array that is never whole in memory. The text is the same as that of `printJson` for all rows. */
export async function printJsonPages(pages: Pages<object>): Promise<void> {
  let separator = '['
  for await (const rows of pages) {
    const items = rows.map((row) => `\n${JSON.stringify(row, null, 2)}`.replaceAll('\n', '\n  '))
    await printText(items.map((item, index) => (index === 0 ? separator : ',') + item).join(''))
    if (rows.length > 0) separator = ','
  }
  print(separator === '[' ? '[]' : '\n]')
}

/** Prints lines together, as fast as the reader takes them. */
export function printLines(lines: string[]): Promise<void> {
  return printText(lines.map((line) => `${line}\n`).join(''))
}

/**
 * Asks for a secret, or reads it from standard input. It is never an argument, because every user of the machine can read those.
 */
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

/** Prints text, as fast as the reader takes it. */
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

/** The text of one line. Characters that a terminal would obey are replaced. */
export function plain(value: unknown): string {
  return String(value ?? '-').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD')
}

/** A row with an invalid time, which somebody else may have written, must not end the list. */
export function timeText(time: Date | null): string | null {
  return time && (Number.isNaN(time.getTime()) ? 'invalid' : time.toISOString())
}
