/** A table of a database, in terms that both databases have. */
export interface Table {
  name: string
  /** What it is where it is no plain table: `view`. */
  otherwise?: string
  columns: Column[]
  primaryKey: string[]
  /** Columns that are unique together. */
  uniques: string[][]
  indexes: string[][]
  references: ForeignKey[]
  /** The conditions of CHECK constraints, as text. */
  checks: string[]
}

export interface Column {
  name: string
  /** As it was declared, in lower case, without its lengths. */
  type: string
  /** Of `numeric(10,2)` or `varchar(50)`. */
  lengths: number[]
  isNull: boolean
  /** An expression of SQL. */
  default?: string
  /** Whether the database computes it. */
  isGenerated: boolean
  /** Whether the database counts it up. */
  isCounted: boolean
  /** Of an enumeration of PostgreSQL. */
  values?: string[]
  /** What the rows say, where somebody has looked. */
  found?: Found
}

export interface ForeignKey {
  columns: string[]
  table: string
  /** Empty: the primary key. */
  to: string[]
  isCascading: boolean
}

/** What was found in all rows. */
export interface Found {
  hasBlank?: boolean
  least?: number
  most?: number
}

export interface Catalogue {
  /** What the database is called, for tables whose names are taken here. */
  name: string
  tables: Table[]
}

/** A quoted name for SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Splits types such as `character varying(50)` and `numeric(10, 2)`. */
export function typeParts(declared: string): Pick<Column, 'type' | 'lengths'> {
  const [, before = '', inside = '', after = ''] = /^([^(]*)(?:\(([^)]*)\))?(.*)$/s.exec(declared) ?? []
  const numbers = inside.split(',').map((part) => Number.parseInt(part, 10))
  return {
    type: `${before.trim()}${after.trimEnd()}`.toLowerCase(),
    lengths: numbers.filter((number) => Number.isInteger(number)),
  }
}
