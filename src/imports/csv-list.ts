import { parse } from 'csv-parse/sync'

/**
 * The texts of a cell that contains a list. The cell is a line of CSV itself, such as `payroll,"north, south"`. Spaces around a
 * text are dropped.
 * @throws {Error} with a sentence that does not quote the cell
 */
export function listOfCell(cell: string): string[] {
  if (cell.trim() === '') return []
  try {
    // A line end is part of a text, because the cell is one line, whatever it contains.
    const [texts = []] = parse(cell, { trim: true, record_delimiter: '\0', relax_column_count: true })
    return texts
  } catch {
    throw new Error('A list of names is required, such as payroll,"north, south".')
  }
}
