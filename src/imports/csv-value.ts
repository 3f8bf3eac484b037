import { isExact } from '../platform/numbers.js'
import { truthOfCell } from './csv-cells.js'
import { listOfCell } from './csv-list.js'

/** What the document says of a member, as far as a cell has to be read by it. */
export interface Kind {
  type?: string
  nullable?: boolean
}

/**
 * A cell as JSON would have it; what is no such value stays a text, of which the wire type says what is wrong. Nothing where the
 * cell says nothing.
 * @throws {Error} for a list that cannot be read
 */
export function jsonOf(cell: string | null, { type, nullable }: Kind): unknown {
  if (cell === null) return nullable ? null : type === 'string' ? '' : undefined
  if (type === 'integer' || type === 'number') return isNumber(cell) && isExact(cell) ? Number(cell) : cell
  if (type === 'boolean') return truthOfCell(cell) ?? cell
  return type === 'array' ? listOfCell(cell) : cell
}

function isNumber(text: string): boolean {
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)
}
