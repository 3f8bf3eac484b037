import { begin, type CsvFile, readCsv } from './csv.js'
import { onlyText } from './csv-bytes.js'
import { CsvFailure } from './csv-failure.js'
import type { Columns, CsvRow } from './csv-form.js'
import { isJsonLines, readJsonLines } from './json-lines.js'
import type { LeftOut, LeftOuts } from './person.js'

/** The result of the import of a file, or what it would be. Lines are named by number, and nothing of their content is in it. */
export interface CsvReport {
  outcome: 'done' | 'refused' | 'stopped'
  dry_run: boolean
  /** How many new ones of each kind there are. */
  came: Record<string, number>
  /** How many exist here already, as they are in the file. */
  unchanged: number
  /** Lines whose key or name is here, or elsewhere in the file, with other values. */
  conflicts: LeftOut[]
  /** The errors: the column, or `file`, and the sentence. If there are any, nothing is written. */
  errors: LeftOut[]
  /** What was imported with changes. */
  altered: LeftOut[]
}

export interface Choices {
  dryRun: boolean
  /** Whether lines that conflict with existing rows make the whole file fail, or are left out. Existing rows never change. */
  conflicts: 'refuse' | 'skip'
  /** Gets how many of how many are written, and says whether to stop. */
  onPiece: (done: number, all: number) => 'go on' | 'stop'
}

export const labelOf = (line: number): string => `line ${line}`

/**
 * Reads a file, CSV or JSON Lines, to its end, or as far as lines can be read.
 * @param take gets each line that has the right number of cells
 * @returns the columns of the file, if it has any
 */
export async function readWhole(
  bytes: AsyncIterable<Uint8Array>,
  columns: Columns,
  errors: LeftOuts,
  take: (row: CsvRow) => Promise<void> | void,
): Promise<CsvFile['columns']> {
  let names: string[] = []
  try {
    const begun = await begin(onlyText(bytes))
    const file = await (isJsonLines(begun) ? readJsonLines(begun, columns) : readCsv(begun, columns))
    names = file.columns
    for await (const row of file.rows) {
      if (row.complaint) errors.add('file', row.complaint, labelOf(row.line))
      else await take(row)
    }
  } catch (error) {
    if (!(error instanceof CsvFailure)) throw error
    errors.add('file', error.sentence, labelOf(error.line))
  }
  return names
}

/** @returns whether nothing of the file is written */
export function isRefused(conflicts: LeftOuts, errors: LeftOuts, choices: Choices): boolean {
  return errors.list().length > 0 || (choices.conflicts === 'refuse' && conflicts.list().length > 0)
}
