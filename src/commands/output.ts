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

/** Rows under headings, padded; a control character in somebody's text must not move the cursor. */
export function printTable(rows: Record<string, string | number | null>[]): void {
  const [first] = rows
  if (!first) {
    print('none')
    return
  }
  const headings = Object.keys(first)
  const lines = [headings, ...rows.map((row) => headings.map((heading) => plain(row[heading])))]
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  for (const line of lines)
    print(
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
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

function plain(value: unknown): string {
  return String(value ?? '-').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD')
}
