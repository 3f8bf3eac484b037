import { checksIn } from './checks.js'
import { findings } from './findings.js'
import type { Ask } from './reading.js'
import { type Column, type ForeignKey, type Table, typeParts } from './table.js'

interface Info {
  name: string
  type: string
  notnull: 0 | 1
  dflt_value: string | null
  pk: number
  hidden: number
}

export async function sqliteTables(ask: Ask): Promise<Table[]> {
  const found = await ask<{ name: string; type: string; sql: string }>(
    "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY rowid",
  )
  const virtual = found.filter(({ sql }) => /^\s*CREATE\s+VIRTUAL/i.test(sql)).map(({ name }) => name)
  const tables: Table[] = []
  for (const { name, type, sql } of found) {
    // Virtual tables have tables of their own, which are left out.
    if (virtual.some((other) => name.startsWith(`${other}_`))) continue
    const otherwise = type === 'view' ? 'a view' : virtual.includes(name) ? 'a virtual table' : undefined
    const table = { ...(await tableOf(name, sql, ask)), otherwise }
    if (!otherwise) await findings(table, ask)
    tables.push(table)
  }
  return tables
}

async function tableOf(name: string, sql: string, ask: Ask): Promise<Table> {
  const infos = await ask<Info>('SELECT * FROM pragma_table_xinfo(?)', [name])
  const primaryKey = infos
    .filter(({ pk }) => pk > 0)
    .sort((a, b) => a.pk - b.pk)
    .map((info) => info.name)
  const hasNoRowid = /\)[^)]*\bWITHOUT\s+ROWID\b[^)]*$/i.test(sql)
  const columns = infos.map((info): Column => {
    const parts = typeParts(info.type)
    return {
      name: info.name,
      ...parts,
      isNull: info.notnull === 0 && info.pk === 0,
      default: info.dflt_value ?? undefined,
      isGenerated: info.hidden > 1,
      // Such a key is the row's own number (the manual: ROWIDs and the INTEGER PRIMARY KEY).
      isCounted: !hasNoRowid && primaryKey.length === 1 && info.pk === 1 && parts.type === 'integer',
    }
  })
  return {
    name,
    columns,
    primaryKey,
    ...(await indexesOf(name, ask)),
    references: await foreignKeys(name, ask),
    checks: checksIn(sql),
  }
}

async function indexesOf(table: string, ask: Ask): Promise<Pick<Table, 'uniques' | 'indexes'>> {
  const all = await ask<{ name: string; unique: 0 | 1; origin: string; partial: 0 | 1 }>(
    'SELECT * FROM pragma_index_list(?) ORDER BY seq DESC',
    [table],
  )
  const uniques: string[][] = []
  const indexes: string[][] = []
  for (const { name, unique, origin, partial } of all) {
    const columns = await ask<{ name: string | null }>('SELECT name FROM pragma_index_info(?) ORDER BY seqno', [name])
    // The column of an expression has no name.
    if (origin === 'pk' || partial || columns.some((column) => column.name === null)) continue
    const list = unique ? uniques : indexes
    list.push(columns.map((column) => column.name!))
  }
  return { uniques, indexes }
}

async function foreignKeys(table: string, ask: Ask): Promise<ForeignKey[]> {
  const rows = await ask<{ id: number; table: string; from: string; to: string | null; on_delete: string }>(
    'SELECT * FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq',
    [table],
  )
  return [...new Set(rows.map(({ id }) => id))].map((id) => {
    const own = rows.filter((row) => row.id === id)
    return {
      columns: own.map(({ from }) => from),
      table: own[0]!.table,
      to: own.flatMap(({ to }) => to ?? []),
      isCascading: own[0]!.on_delete === 'CASCADE',
    }
  })
}
