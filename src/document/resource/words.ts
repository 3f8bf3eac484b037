import { Model } from 'sequelize'

/**
 * Words that are reserved in PostgreSQL 18 (`pg_get_keywords()`, kinds R and T), so that a column with such a name would need
 * quotes.
 */
const POSTGRES = `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
  concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp
  current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having
  ilike in initially inner intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not
  notnull null offset on only or order outer overlaps placing primary references returning right select session_user similar
  some symmetric table tablesample then to trailing true union unique user using variadic verbose when where window with`

/** Keywords of SQLite 3.52 that cannot be names without quotes, tried one by one. */
const SQLITE = `add all alter and as autoincrement between case cast check collate commit constraint create current_date current_time
  current_timestamp default deferrable delete distinct drop else escape except exists foreign from group having if in index insert
  intersect into is isnull join limit not nothing notnull null on or order primary raise references returning select set table then
  to transaction union unique update using values when where rowid oid`

/** Reserved words of ECMAScript 2024 in strict code and in modules, and names that strict code cannot bind. */
const JAVASCRIPT = `arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for
  function if implements import in instanceof interface let new null package private protected public return static super switch
  this throw true try typeof undefined var void while with yield`

/** Names that already have a meaning in a list, a view or a path of this service. */
const OURS: Record<string, string> = {
  ...Object.fromEntries(
    ['limit', 'offset', 'cursor', 'ordering', 'search', 'count'].map((name) => [
      name,
      'every list has a parameter of it',
    ]),
  ),
  bulk: 'the path of bulk creates ends with it',
  validate: 'bulk creates have a parameter of it',
  non_field_errors: 'problems have a member of it',
}

const SQL = new Set(`${POSTGRES} ${SQLITE}`.split(/\s+/))
const SCRIPT = new Set(JAVASCRIPT.split(/\s+/))
const MODEL = new Set([...Object.getOwnPropertyNames(Model.prototype), 'dataValues', 'isNewRecord'])

/** Names with letters, digits and single underscores, because they are columns, members in JSON and parts of a query. */
const SNAKE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/

const LONGEST = 48

/** @returns why a word cannot be a name in code, for `<name>: <reason>` */
export function wordComplaint(name: string): string | undefined {
  if (!SNAKE.test(name)) return `a name is snake_case: a-z, 0-9 and single _, with a letter first${suggestion(name)}`
  if (name.length > LONGEST) return `a name has ${LONGEST} characters at most`
  if (SCRIPT.has(name)) return 'a reserved word of TypeScript'
  if (camel(name) in Object.prototype || name === 'prototype') return 'every object of JavaScript has a member of it'
  return undefined
}

/** As `wordComplaint`, for a name that is also that of a table or a column. */
export function nameComplaint(name: string): string | undefined {
  if (SQL.has(name)) return 'a reserved word of SQL'
  return Object.hasOwn(OURS, name) ? `reserved: ${OURS[name]}` : wordComplaint(name)
}

/** As `nameComplaint`, for a field. */
export function fieldNameComplaint(name: string): string | undefined {
  const end = /_(min|max|contains)$/.exec(name)?.[0]
  if (end) return `reserved: filters of a list end with ${end}`
  // Sequelize's own are found by the names of attributes.
  if (MODEL.has(name) || MODEL.has(camel(name))) return 'reserved: every model of Sequelize has a member of it'
  return nameComplaint(name)
}

/** `invoice_lines` as `invoiceLines`. */
export function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** `invoice_line` as `InvoiceLine`. */
export function pascal(name: string): string {
  return camel(`_${name}`)
}

/**
 * The nearest name of the form that is asked for: `InvoiceLine` and `Invoice Line` are `invoice_line`.
 * @returns an empty text for what has no letter of ASCII
 */
export function snake(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[_0-9]+|_+$/g, '')
}

function suggestion(name: string) {
  const better = snake(name)
  return SNAKE.test(better) ? `, such as ${better}` : ''
}
