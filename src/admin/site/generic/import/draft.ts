import { CsvFailure } from '../../../../imports/csv-failure.js'
import type { CsvLine } from '../../../../imports/csv-form.js'
import { linesOfFile } from '../../../../imports/csv-text.js'
import { jsonOf } from '../../../../imports/csv-value.js'
import type { Field, Section } from '../../document'
import { text } from '../../words/words'

/** The most that the API takes at once. */
const MOST = { rows: 1000, bytes: 1_048_576 }

/** The most bytes of a file that is read. A thousand rows of a larger one would be too long. */
const READ = 8 * MOST.bytes

/** What the import of a file would make. */
export interface Draft {
  /** The fields of the file, in its order. */
  fields: Field[]
  rows: Row[]
  /** Sentences that say why nothing of it can be imported. */
  complaints: string[]
  /** What is imported with changes. */
  remarks: string[]
}

export interface Row {
  line: number
  /** The cells as they are in the file, by field. */
  cells: Record<string, string>
  body: Record<string, unknown>
  /** Sentences by field. `row` is for those about no single field. */
  errors: Record<string, string>
}

export async function draftOf(file: File, section: Section): Promise<Draft> {
  if (file.size > READ) return nothing(text('imports.fileTooLarge', limitsFor(section)))
  try {
    return draftIn(linesOfFile(new Uint8Array(await file.arrayBuffer())), section)
  } catch (error) {
    if (!(error instanceof CsvFailure)) throw error
    return nothing(text('imports.unreadable', { line: error.line, why: error.sentence }))
  }
}

function limitsFor({ name }: Section) {
  return { rows: MOST.rows, command: `latchkey import csv${name === 'users' ? '' : ` --resource ${name}`} FILE` }
}

function nothing(complaint: string): Draft {
  return { fields: [], rows: [], complaints: [complaint], remarks: [] }
}

function draftIn([first, ...lines]: CsvLine[], section: Section): Draft {
  if (!first) return nothing(text('imports.emptyFile'))
  const headers = first.cells.map((header) => (header ?? '').trim())
  const fields = headers.map((header) => fieldOf(header, section.bulk!))
  const isMade = (header: string) => fieldOf(header, section.columns) !== undefined
  const made = headers.filter((header, index) => !fields[index] && isMade(header))
  const rows = lines.map((line) => rowOf(line, fields))
  const bytes = new TextEncoder().encode(JSON.stringify(rows.map(({ body }) => body))).length
  const isTooMuch = rows.length > MOST.rows || bytes > MOST.bytes
  return {
    fields: fields.filter((field) => field !== undefined),
    rows,
    complaints: [
      ...headers.flatMap((header, index) =>
        fields[index] || isMade(header) ? [] : complaintOf(header, index, section),
      ),
      ...twice(fields),
      ...section
        .bulk!.filter((field) => field.isRequired && !fields.includes(field))
        .map(({ name, label }) => text('imports.missing', { column: named(name, label) })),
      ...(rows.length === 0 ? [text('imports.noRows')] : []),
      ...(isTooMuch ? [text('imports.tooMuch', { count: rows.length, ...limitsFor(section) })] : []),
    ],
    remarks: made.length > 0 ? [text('imports.made', { columns: made.join(', '), smart_count: made.length })] : [],
  }
}

/** The field with this name in the API or with this label on this site, ignoring case. */
function fieldOf(header: string, fields: Field[]): Field | undefined {
  const plain = (name: string) => name.toLowerCase().replace(/[\s_-]+/g, ' ')
  return fields.find(({ name, label }) => [plain(name), plain(label)].includes(plain(header)))
}

function complaintOf(header: string, index: number, section: Section): string {
  const secret = fieldOf(header, section.creation!)?.schema.format === 'password' || /passw/i.test(header)
  if (secret) return text('imports.password', { header })
  const columns = section.bulk!.map(({ name }) => name).join(', ')
  return header === ''
    ? text('imports.unnamed', { place: index + 1, columns })
    : text('imports.unknown', { header, columns })
}

function twice(fields: (Field | undefined)[]): string[] {
  const again = fields.filter((field, index) => field && fields.indexOf(field) < index)
  return [...new Set(again)].map((field) => text('imports.twice', { column: field!.name }))
}

function named(name: string, label: string): string {
  return label.toLowerCase() === name.toLowerCase() ? name : `${name} (${label})`
}

function rowOf({ line, cells }: CsvLine, fields: (Field | undefined)[]): Row {
  const row: Row = { line, cells: {}, body: {}, errors: {} }
  if (cells.length !== fields.length)
    row.errors.row = text('imports.cells', { count: cells.length, columns: fields.length })
  for (const [index, field] of fields.entries()) {
    const cell = cells[index]
    if (!field || cell === undefined) continue
    row.cells[field.name] = cell ?? ''
    try {
      const value = jsonOf(cell, field.schema)
      if (value !== undefined) row.body[field.name] = value
    } catch (error) {
      row.errors[field.name] = (error as Error).message
    }
  }
  return row
}
