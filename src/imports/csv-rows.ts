import { DataTypes, type Model } from 'sequelize'
import { OWNER } from '../api/owner.js'
import { ownRules } from '../api/values.js'
import type { Actor } from '../audit/actor.js'
import { HttpError } from '../platform/failures.js'
import { type Choices, type CsvReport, isRefused, labelOf, readWhole } from './csv-report.js'
import { jsonOf, type Kind } from './csv-value.js'
import { type NewRow, planRows, type Target, writeRows } from './file-rows.js'
import { LeftOuts } from './person.js'

export interface CsvTarget extends Target {
  /** The members that the API shows of a row, and those that it accepts. */
  shown: Record<string, Kind>
  input: Record<string, Kind>
  required: string[]
  /** @throws {HttpError} 400 with the sentences for each field */
  rowOf: (body: object, beside?: object) => Model
}

/** As the service makes them. */
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

type Cells = Record<string, string | null>

/**
 * Imports the rows of a file into a resource, with the checks of the API, or none of them if one is wrong. Keys that the service
 * makes, and owners, are kept if the file has them. An existing row is never changed.
 * @param bytes of a file, a pipe or a request
 */
export async function importRows(
  bytes: AsyncIterable<Uint8Array>,
  target: CsvTarget,
  actor: Actor,
  choices: Choices,
): Promise<CsvReport> {
  const { shown, input, required } = target
  const [errors, conflicts] = [new LeftOuts(), new LeftOuts()]
  const rows: NewRow[] = []
  const known = [...new Set([...Object.keys(shown), ...Object.keys(input)])]
  const columns = await readWhole(bytes, { known, required }, errors, async ({ line, cells }) => {
    try {
      const row = rowOf(cells, target)
      const fields = Object.entries(await ownRules(row))
      for (const [field, sentences] of fields) errors.add(field, sentences.join(' '), labelOf(line))
      if (fields.length === 0) rows.push({ label: labelOf(line), values: row.get({ plain: true }) })
    } catch (error) {
      if (!(error instanceof HttpError) || !error.extras.errors) throw error
      for (const [field, sentences] of Object.entries(error.extras.errors))
        errors.add(field, sentences.join(' '), labelOf(line))
    }
  })
  const compared = columns.filter((column) => column in shown)
  const { fresh, unchanged } = await planRows(rows, target, compared, { conflicts, errors })
  const refused = isRefused(conflicts, errors, choices)
  const onPiece = (done: number) => choices.onPiece(done, fresh.length)
  const isWhole = refused || choices.dryRun || (await writeRows(fresh, target, { actor, onPiece }))
  return {
    outcome: refused ? 'refused' : isWhole ? 'done' : 'stopped',
    dry_run: choices.dryRun,
    came: { rows: fresh.length },
    unchanged,
    conflicts: conflicts.list(),
    errors: errors.list(),
    altered: [],
  }
}

function rowOf(cells: Cells, { model, input, shown, rowOf }: CsvTarget): Model {
  const body = Object.fromEntries(
    Object.entries(cells)
      .filter(([column]) => column in input)
      .map(([column, cell]) => [column, jsonOf(cell, input[column]!)])
      .filter(([, value]) => value !== undefined),
  )
  const attributes = Object.entries(model.getAttributes())
  const beside: Record<string, unknown> = {}
  for (const [name, { field, type }] of attributes) {
    const value = field! in input ? undefined : jsonOf(cells[field!] ?? null, shown[field!] ?? {})
    if (value === undefined || value === null || value === '') {
      if (name === OWNER) throw refusal(field!, 'This field is required.')
      continue
    }
    if (shown[field!]!.type === 'integer' && !isWhole(value)) throw refusal(field!, 'A valid integer is required.')
    if (model.primaryKeyAttribute === name && type instanceof DataTypes.UUID && !UUID.test(value as string))
      throw refusal(field!, 'A valid id is required.')
    beside[name] = value
  }
  return rowOf(body, beside)
}

function isWhole(value: unknown): boolean {
  return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31
}

function refusal(field: string, sentence: string) {
  return new HttpError(400, sentence, { errors: { [field]: [sentence] } })
}
