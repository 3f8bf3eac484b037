import { begin, type CsvFile, readCsv } from './csv.js'
import { onlyText } from './csv-bytes.js'
import { CsvFailure } from './csv-failure.js'
import type { Columns, CsvRow } from './csv-form.js'
import { isJsonLines, readJsonLines } from './json-lines.js'
import type { LeftOut, LeftOuts } from './person.js'

/** What came of a file, or would come. Lines are told by their numbers, and nothing of what stands in them is in it. */
export interface CsvReport {
  outcome: 'done' | 'refused' | 'stopped'
  dry_run: boolean
  /** How many of what is new here. */
  came: Record<string, number>
  /** How many of what is here already, as it is in the file. */
  unchanged: number
  /** Lines whose key or name is here, or in the file, with something else beside it. */
  conflicts: LeftOut[]
  /** What is wrong: the column, or `file`, and the sentence. Where there is one, nothing is written. */
  errors: LeftOut[]
  /** What came otherwise than it is in the file. */
  altered: LeftOut[]
}

export interface Choices {
  dryRun: boolean
  /** Lines in conflict with what is here refuse the whole file, or are left out. What is here is never changed. */
  conflicts: 'refuse' | 'skip'
  /** Is told how many are written, of how many, and says whether to stop. */
  onPiece: (done: number, all: number) => 'go on' | 'stop'
}

export const labelOf = (line: number): string => `line ${line}`

/**
 * Reads a file, CSV or JSON Lines, to its end, or to where no line can be read any more.
 * @param take is given each line that has as many cells as it should
 * @returns the columns of the file, as far as there is one
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
