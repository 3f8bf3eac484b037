import { findings } from './findings.js'
import type { Ask } from './reading.js'
import { type Column, type Table, typeParts } from './table.js'

interface Relation {
  oid: number
  name: string
  kind: string
}

interface Attribute {
  relation: number
  name: string
  type: string
  is_null: boolean
  default: string | null
  is_generated: boolean
  is_counted: boolean
  values: string[] | null
}

interface Index {
  relation: number
  is_unique: boolean
  columns: (string | null)[]
}

interface Constraint {
  relation: number
  kind: 'p' | 'u' | 'f' | 'c'
  columns: string[]
  table: string | null
  to: string[] | null
  is_cascading: boolean
  definition: string
}

const KINDS: Record<string, string> = { v: 'a view', m: 'a materialized view', f: 'a foreign table' }

/** Tables that can be named without their schema, except those of the system, of extensions, and partitions. */
const RELATIONS = `SELECT c.oid, c.relname AS name, c.relkind AS kind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND pg_table_is_visible(c.oid)
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY c.oid`

const ATTRIBUTES = `SELECT a.attrelid AS relation, a.attname AS name, 
    CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END AS type,
    NOT a.attnotnull AS is_null, pg_get_expr(d.adbin, d.adrelid) AS default, a.attgenerated <> '' AS is_generated,
    a.attidentity <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', FALSE) AS is_counted,
    (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = a.atttypid) AS values
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum`

const CONSTRAINTS = `SELECT c.conrelid AS relation, c.contype AS kind,
    (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k (number, n)
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number) AS columns,
    f.relname AS table,
    (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(c.confkey) WITH ORDINALITY k (number, n)
      JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number) AS to,
    c.confdeltype = 'c' AS is_cascading, pg_get_constraintdef(c.oid) AS definition
  FROM pg_constraint c LEFT JOIN pg_class f ON f.oid = c.confrelid
  WHERE c.conrelid = ANY ($1) AND c.contype IN ('p', 'u', 'f', 'c') ORDER BY c.oid`

const INDEXES = `SELECT i.indrelid AS relation, i.indisunique AS is_unique,
    (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (number, n)
      LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0) AS columns
  FROM pg_index i WHERE i.indrelid = ANY ($1) AND NOT i.indisprimary AND i.indpred IS NULL ORDER BY i.indexrelid`

export async function postgresTables(ask: Ask): Promise<Table[]> {
  const relations = await ask<Relation>(RELATIONS)
  const oids = [relations.map(({ oid }) => oid)]
  const attributes = await ask<Attribute>(ATTRIBUTES, oids)
  const constraints = await ask<Constraint>(CONSTRAINTS, oids)
  const indexes = await ask<Index>(INDEXES, oids)
  const tables: Table[] = []
  for (const { oid, name, kind } of relations) {
    const table: Table = {
      name,
      otherwise: KINDS[kind],
      columns: attributes.filter(({ relation }) => relation === oid).map(columnOf),
      ...constrained(constraints.filter(({ relation }) => relation === oid)),
      ...indexed(indexes.filter(({ relation }) => relation === oid)),
    }
    if (!table.otherwise) await findings(table, ask)
    tables.push(table)
  }
  return tables
}

function constrained(own: Constraint[]): Pick<Table, 'primaryKey' | 'references' | 'checks'> {
  const ofKind = (kind: string) => own.filter((constraint) => constraint.kind === kind)
  return {
    primaryKey: ofKind('p')[0]?.columns ?? [],
    references: ofKind('f').map(({ columns, table, to, is_cascading }) => ({
      columns,
      table: table!,
      to: to ?? [],
      isCascading: is_cascading,
    })),
    checks: ofKind('c').map(({ definition }) => definition),
  }
}

/** The index of an expression has a column without a name. */
function indexed(own: Index[]): Pick<Table, 'uniques' | 'indexes'> {
  const listed = (isUnique: boolean) =>
    own
      .filter(({ is_unique, columns }) => is_unique === isUnique && !columns.includes(null))
      .map(({ columns }) => columns as string[])
  return { uniques: listed(true), indexes: listed(false) }
}

function columnOf({ name, type, is_null, default: text, is_generated, is_counted, values }: Attribute): Column {
  return {
    name,
    ...typeParts(type),
    isNull: is_null,
    default: is_generated ? undefined : (text ?? undefined),
    isGenerated: is_generated,
    isCounted: is_counted,
    values: values ?? undefined,
  }
}
