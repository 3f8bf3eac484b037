import type { Field } from '../document'

/** What a spreadsheet takes for the beginning of a formula (ASVS 1.2.10). */
const FORMULA = /^[\t\r\n\0 ]*[=+\-@\uff0b\uff0d\uff1d\uff20]|^[\t\r\n\0]/

/** RFC 4180; text that a spreadsheet would run gets an apostrophe in front. */
export function csvOf(columns: Field[], rows: Record<string, unknown>[]): string {
  const lines = rows.map((row) => columns.map(({ name }) => cell(row[name])))
  return [columns.map(({ name }) => cell(name)), ...lines].map((cells) => `${cells.join(',')}\r\n`).join('')
}

/** The mark at the beginning tells Excel that it is UTF-8. */
export function download(name: string, csv: string): void {
  const address = URL.createObjectURL(new Blob(['\ufeff', csv], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

function cell(value: unknown): string {
  const text = textOf(value)
  const isNumber = /^-?\d+(\.\d+)?$/.test(text)
  const safe = !isNumber && FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map(textOf).join(' ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
