import type { Field } from './plan.js'
import type { Column } from './table.js'

/** Our kinds, and `uuid`, by the names of types in SQLite's and PostgreSQL's schemas. The first match counts. */
const TYPES: [RegExp, Field['kind'] | 'uuid'][] = [
  [/^(bool|boolean|bit)$/, 'boolean'],
  [
    /^(character varying|character|varchar|nvarchar|nchar|char|varying character|bpchar|text|ntext|clob|citext|name|string)$/,
    'text',
  ],
  [
    /^(integer|int|int2|int4|int8|bigint|smallint|mediumint|tinyint|serial|bigserial|smallserial)( unsigned)?$/,
    'integer',
  ],
  [/^(numeric|decimal|dec|money|smallmoney)$/, 'decimal'],
  [/^date$/, 'date'],
  [/^(datetime|datetime2|smalldatetime|timestamp|timestamptz|timestamp with(out)? time zone)$/, 'time'],
  [/^(uuid|guid|uniqueidentifier)$/, 'uuid'],
]

/** @returns nothing for a type that we do not have */
export function kindOf({ type, lengths: [length], values }: Column): Field['kind'] | 'uuid' | undefined {
  if (values) return 'enum'
  if (/^(bit|tinyint)$/.test(type) && length === 1) return 'boolean'
  return TYPES.find(([pattern]) => pattern.test(type))?.[1]
}

/** Integers of fewer than 32 bits. SQLite stores any value, and the type only says what is meant. */
export const SMALLER: Record<string, { least: number; most: number }> = {
  smallint: { least: -32768, most: 32767 },
  int2: { least: -32768, most: 32767 },
  smallserial: { least: -32768, most: 32767 },
  'smallint unsigned': { least: 0, most: 32767 },
  tinyint: { least: -128, most: 255 },
}

/** Why we do not have a type, if there is more to say. */
export function whyNone(type: string): string {
  if (/\[\]$/.test(type)) return 'an array'
  if (/^(real|float|double|double precision|float4|float8)/.test(type))
    return 'a number with a floating point; where its digits are known it is a decimal, such as decimal:10,2'
  if (/^jsonb?$/.test(type)) return 'a JSON document'
  if (/blob|bytea|binary|image|^$/.test(type)) return 'binary, or of no type'
  if (/^time\b/.test(type)) return 'a time of day'
  return `of the type ${type}`
}
