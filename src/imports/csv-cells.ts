/**
 * What a spreadsheet takes for the beginning of a formula (ASVS 1.2.10), behind any apostrophes; numbers are none.
 */
const FORMULA = /^'*(?:[\t\r\n\0 ]*[=+\-@\uff0b\uff0d\uff1d\uff20]|[\t\r\n\0])/
const NUMBER = /^-?\d+(\.\d+)?$/

/**
 * A line of RFC 4180. As in PostgreSQL's CSV an empty cell is null, and `""` a text without characters. Text that a spreadsheet
 * would run gets one apostrophe in front, also where it has some already, so that `textOfCell` gives back every text.
 */
export function csvLine(values: unknown[]): string {
  return `${values.map((value) => cellOf(value)).join(',')}\r\n`
}

/** What `csvLine` made a cell of. */
export function textOfCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell
}

/** A list in one cell, which `listOfCell` reads. */
export function cellOfList(items: unknown[]): string {
  return items.map((item) => quoted(String(item))).join(',')
}

/** @returns nothing for what says neither yes nor no */
export function truthOfCell(cell: string): boolean | undefined {
  return TRUTHS.get(cell.trim().toLowerCase())
}

/** Spreadsheets write them in capitals, and Django's own exports as numbers. */
const TRUTHS = new Map([
  ...['true', 'yes', '1'].map((text) => [text, true] as const),
  ...['false', 'no', '0'].map((text) => [text, false] as const),
])

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return quoted(safe(value))
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return quoted(safe(cellOfList(value)))
  return typeof value === 'object' ? quoted(JSON.stringify(value)) : String(value)
}

function safe(text: string): string {
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
}

/** Spaces at the ends are kept by RFC 4180, but not by everybody who reads it. */
function quoted(text: string): string {
  return /^$|[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
