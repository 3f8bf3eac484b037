import type { Ask } from './reading.js'
import { quoted, type Table } from './table.js'
import { kindOf } from './types.js'

/** Reads the rows, once for all columns, to find whether a text is ever blank and how large numbers are. */
export async function findings(table: Table, ask: Ask): Promise<void> {
  const parts = table.columns.flatMap((column, index) => {
    const name = quoted(column.name)
    const kind = kindOf(column)
    if (kind === 'text') return [`max(CASE WHEN trim(${name}) = '' THEN 1 ELSE 0 END) AS blank${index}`]
    if (kind === 'integer') return [`min(${name}) AS least${index}`, `max(${name}) AS most${index}`]
    return []
  })
  if (parts.length === 0) return
  const [row = {}] = await ask<Record<string, unknown>>(
    `SELECT ${parts.join(', ')} FROM ${table.name.split('.').map(quoted).join('.')}`,
  )
  table.columns.forEach((column, index) => {
    const number = (name: string) => {
      const value = row[`${name}${index}`]
      return value === null || value === undefined || value === '' ? undefined : Number(value)
    }
    column.found = { hasBlank: number('blank') === 1, least: number('least'), most: number('most') }
  })
}
