import { parse } from 'csv-parse/sync'

/**
 * The texts of a cell that holds a list: they are a line of CSV themselves, `payroll,"north, south"`. Spaces around a text are
 * dropped.
 * @throws {Error} with a sentence that has nothing of the cell in it
 */
export function listOfCell(cell: string): string[] {
  if (cell.trim() === '') return []
  try {
    // A line end is a part of a text: the cell is one line, whatever is in it.
    const [texts = []] = parse(cell, { trim: true, record_delimiter: '\0', relax_column_count: true })
    return texts
  } catch {
    throw new Error('A list of names is required, such as payroll,"north, south".')
  }
}
