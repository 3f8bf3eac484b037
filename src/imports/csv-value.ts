import { isExact } from '../platform/numbers.js'
import { truthOfCell } from './csv-cells.js'
import { listOfCell } from './csv-list.js'

/** The part of a member's schema that is needed to read a cell. */
export interface Kind {
  type?: string
  nullable?: boolean
}

/**
 * The JSON value of a cell. Text that is not such a value stays text, and its wire type says what is wrong. Nothing for a cell
 * without a value.
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
