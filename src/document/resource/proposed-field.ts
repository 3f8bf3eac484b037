import { ruleOf } from './checks.js'
import { parseField } from './field.js'
import { LONGEST_INDEXED, LONGEST_TEXT, MOST_DECIMALS, MOST_DIGITS } from './kinds.js'
import { INTEGER, Refusal, type Target } from './plan.js'
import { defaultIn } from './sql-default.js'
import type { Column, ForeignKey, Table } from './table.js'
import { kindOf, SMALLER, whyNone } from './types.js'
import { camel, fieldNameComplaint, snake } from './words.js'

interface Place {
  table: Table
  column: Column
  /** Of the fields before it, and the key; the new one is added. */
  names: Set<string>
  /** Whether it refers to its own table. */
  isSelf: boolean
}

const SECRET = /(^|_)(password|passwd|pwd|secret|hash|digest)(_|$)/

/** The text of a field for a column, with notes. No text for a column that cannot become a field. */
export function proposedField(
  { table, column, names, isSelf }: Place,
  reference?: Pick<ForeignKey, 'isCascading'> & { to: Target },
): { text?: string; notes: string[] } {
  if (column.isGenerated) return { notes: ['left out: the database computes it'] }
  if (SECRET.test(snake(column.name)))
    return { notes: ['left out: a secret by its name, and a resource shows what it holds'] }
  const notes: string[] = []
  const kind = reference ? reference.to.name : kindText(table, column, notes)
  if (kind === undefined) return { notes }
  const name = nameFor(column.name, reference !== undefined, names)
  if (name !== snake(column.name) && !reference) notes.push(`is called ${name}`)
  names.add(name)
  const isAlone = (columns: string[]) => columns.length === 1 && columns[0] === column.name
  const isNull = column.isNull || isSelf
  if (isSelf && !column.isNull) notes.push('may be null, or there would be no first row')
  const options = [
    ...(isNull ? ['null'] : []),
    ...(reference?.isCascading ? ['cascade'] : []),
    ...(table.uniques.some(isAlone) ? ['unique'] : []),
    ...(!reference && table.indexes.some(isAlone) && !table.uniques.some(isAlone) ? ['indexed'] : []),
  ]
  const value = column.default === undefined ? undefined : defaultIn(column.default, kind)
  if (value === undefined && column.default !== undefined && !/^null\b/i.test(column.default))
    notes.push(`its default is left out: ${column.default.slice(0, 60)}`)
  const wished = [...options, ...(value === undefined ? [] : [`default=${value}`])]
  return { text: fitting([name, kind], wished, { notes, to: reference?.to }), notes }
}

/** The field without the options that the command would refuse. */
function fitting(start: string[], options: string[], { notes, to }: { notes: string[]; to?: Target }): string {
  const text = [...start, ...options].join(':')
  try {
    parseField(text, to ? [to] : [])
    return text
  } catch (error) {
    const last = options.at(-1)
    if (!(error instanceof Refusal) || last === undefined) throw error
    notes.push(`without ${last.split('=')[0]}: ${error.message.replace(/^\w+: /, '')}`)
    return fitting(start, options.slice(0, -1), { notes, to })
  }
}

/** The name of a field. A reference is named after its target. A reserved name gets an ending. */
function nameFor(column: string, isReference: boolean, names: Set<string>): string {
  const whole = snake(column) || 'column'
  const short = isReference ? whole.replace(/_id$/, '') : whole
  const isFree = (name: string) =>
    !fieldNameComplaint(name) && ![...names].some((other) => camel(other) === camel(name))
  const numbered = Array.from({ length: 100 }, (_, index) => `${short}_value_${index + 2}`)
  return [short, whole, `${short}_value`, ...numbered].find(isFree) ?? whole
}

function kindText(table: Table, column: Column, notes: string[]): string | undefined {
  const kind = kindOf(column)
  if (kind === undefined) {
    notes.push(`left out: ${whyNone(column.type)}`)
    return undefined
  }
  return WRITTEN[kind]!(column, notes, table)
}

/** The text for a column of each kind. */
const WRITTEN: Record<string, (column: Column, notes: string[], table: Table) => string | undefined> = {
  boolean: () => 'boolean',
  date: () => 'date',
  time: ({ type }, notes) => {
    if (/without|^datetime/.test(type)) notes.push('has no offset: its times are taken for UTC')
    return 'time'
  },
  uuid: () => 'text:36-36',
  enum: (column, notes, table) => enumOf(column.values!, notes) ?? textOf(column, notes, table),
  text: (column, notes, table) => {
    const { values } = ruleOf(column.name, table.checks)
    return (values && enumOf(values, notes)) ?? textOf(column, notes, table)
  },
  integer: integerOf,
  decimal: decimalOf,
}

function enumOf(values: string[], notes: string[]): string | undefined {
  const kind = `enum:${values.join(',')}`
  try {
    parseField(`it:${kind}`, [])
    return kind
  } catch (error) {
    notes.push(`a text and no enum: ${(error as Error).message.replace(/^it: /, '')}`)
    return undefined
  }
}

function textOf(column: Column, notes: string[], table: Table): string {
  const [length] = column.lengths
  const isIndexed = [...table.indexes, ...table.uniques].some(
    (columns) => columns.length === 1 && columns[0] === column.name,
  )
  const bound = isIndexed ? LONGEST_INDEXED : LONGEST_TEXT
  const most = Math.min(length ?? (isIndexed ? LONGEST_INDEXED : 2000), bound)
  if (length === undefined && !column.values) notes.push(`no length is told: ${most} is a guess`)
  if ((length ?? 0) > bound) notes.push(`${length} characters are more than ${bound}`)
  const mayBeBlank = column.found?.hasBlank || /^''/.test(column.default ?? '')
  return `text:${mayBeBlank ? 0 : 1}-${most}`
}

function integerOf(column: Column, notes: string[], table: Table): string | undefined {
  const { least: from = INTEGER.least, most: to = INTEGER.most } = column.found ?? {}
  if (from < INTEGER.least || to > INTEGER.most) {
    notes.push('left out: it has values of more than 32 bits')
    return undefined
  }
  if (/big|int8/.test(column.type)) notes.push('has 64 bits there and 32 here, which its rows fit in')
  const own = SMALLER[column.type] ?? INTEGER
  const rule = ruleOf(column.name, table.checks)
  const least = Math.max(rule.least ?? own.least, INTEGER.least)
  const most = Math.min(rule.most ?? own.most, INTEGER.most)
  const isWhole = least === INTEGER.least && most === INTEGER.most
  return isWhole || least > most ? 'integer' : `integer:${least}-${most}`
}

function decimalOf({ type, lengths: [digits, decimals = 0] }: Column, notes: string[]): string | undefined {
  if (digits === undefined) {
    if (!/money/.test(type)) notes.push('no digits are told: 15,2 is a guess')
    return 'decimal:15,2'
  }
  if (digits <= MOST_DIGITS && decimals <= MOST_DECIMALS && decimals >= 0) return `decimal:${digits},${decimals}`
  notes.push(
    `left out: ${digits} digits, ${decimals} of them after the point, are more than ${MOST_DIGITS} and ${MOST_DECIMALS}`,
  )
  return undefined
}
