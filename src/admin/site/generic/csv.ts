import { csvLine } from '../../../imports/csv-cells.js'
import type { Field } from '../document'

/** The same CSV as that of `latchkey export`, so that either can be imported in either way. */
export function csvOf(columns: Field[], rows: Record<string, unknown>[]): string {
  const names = columns.map(({ name }) => name)
  return csvLine(names) + rows.map((row) => csvLine(names.map((name) => row[name]))).join('')
}

/** The mark at the beginning says to Excel that the file is UTF-8. */
export function download(name: string, csv: string): void {
  const address = URL.createObjectURL(new Blob(['\ufeff', csv], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
