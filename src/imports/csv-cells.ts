/** The beginning of a formula for a spreadsheet (ASVS 1.2.10), after any apostrophes. Numbers do not match. */
const FORMULA = /^'*(?:[\t\r\n\0 ]*[=+\-@\uff0b\uff0d\uff1d\uff20]|[\t\r\n\0])/
const NUMBER = /^-?\d+(\.\d+)?$/

/**
 * A line of CSV (RFC 4180). As in PostgreSQL's CSV, an empty cell is null, and `""` is an empty text. Text that a spreadsheet
 * would run gets an apostrophe in front, even if it already has some, so that `textOfCell` restores every text.
 */
export function csvLine(values: unknown[]): string {
  return `${values.map((value) => cellOf(value)).join(',')}\r\n`
}

/** The text from which `csvLine` made a cell. */
export function textOfCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell
}

/** A list in one cell, which `listOfCell` reads. */
export function cellOfList(items: unknown[]): string {
  return items.map((item) => quoted(String(item))).join(',')
}

/** @returns nothing for text that is neither true nor false */
export function truthOfCell(cell: string): boolean | undefined {
  return TRUTHS.get(cell.trim().toLowerCase())
}

/** Spreadsheets write them in capitals, and Django's exports write numbers. */
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

/** RFC 4180 keeps spaces at the ends, but not every program does. */
function quoted(text: string): string {
  return /^$|[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
