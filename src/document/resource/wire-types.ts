import { type Column, quoted } from './columns.js'
import type { Plan } from './plan.js'
import { pascal } from './words.js'

/** Types that all resources share, by kind. */
const SHARED: Record<string, string> = { id: 'Id', uuid: 'Uuid', date: 'Day', boolean: 'boolean', time: 'Date' }

/** The type of a property in the controller. */
export function wireType(plan: Plan, column: Column): string {
  const { rule } = column
  const own = `${pascal(plan.singular)}${pascal(column.name)}`
  if (rule.kind === 'reference') {
    const { key } = rule
    return key.kind === 'text' ? own : key.kind === 'integer' ? 'Integer' : SHARED[key.kind]!
  }
  if (rule.kind === 'integer') return isWhole(rule) ? 'Integer' : own
  return SHARED[rule.kind] ?? own
}

/** The types that only this controller has: texts, ranges and enumerations, which carry their rules. */
export function ownTypes(plan: Plan, columns: Column[]): string[] {
  return columns.flatMap((column) => {
    const { rule } = column
    const name = wireType(plan, column)
    const text = rule.kind === 'reference' && rule.key.kind === 'text' ? rule.key : rule
    if (text.kind === 'text')
      return `${comment([...(text.least > 0 ? [`@minLength ${text.least}`] : []), `@maxLength ${text.most}`, `@example ${JSON.stringify(exampleOf(column))}`])}type ${name} = string`
    if (rule.kind === 'integer' && !isWhole(rule))
      return `${comment(['@isInt', `@minimum ${rule.least}`, `@maximum ${rule.most}`, `@example ${exampleOf(column)}`])}type ${name} = number`
    if (rule.kind === 'enum')
      return `${comment([`@example ${JSON.stringify(exampleOf(column))}`])}type ${name} = ${rule.values.map(quoted).join(' | ')}`
    return []
  })
}

/** A value that every rule of the column allows, as an example for the document. */
export function exampleOf({ name, rule, isKey }: Column): string | number | boolean {
  switch (rule.kind) {
    case 'text':
      // A key is used in paths.
      return isKey ? textExample(name, rule).replaceAll(' ', '-') : textExample(name, rule)
    case 'integer':
      return Math.min(Math.max(1, rule.least), rule.most)
    case 'decimal':
      return decimalExample(rule)
    case 'boolean':
      return true
    case 'date':
      return '2027-01-31'
    case 'time':
      return '2027-01-31T12:00:00.000Z'
    case 'enum':
      return rule.values[0]!
    case 'reference':
      return exampleOf({ name: rule.key.name, rule: rule.key, isKey: true } as Column)
    case 'uuid':
      return '0b5ee5a4-6b3c-4f1a-9d0f-3f5a2b1c4d5e'
    default:
      return 1
  }
}

export function comment(lines: string[]): string {
  if (lines.length === 0) return ''
  return lines.length === 1 ? `/** ${lines[0]} */\n` : `/**\n${lines.map((line) => ` * ${line}`).join('\n')}\n */\n`
}

/** The pattern of a decimal as clients send it, or as they get it, with all its decimals. */
export function decimalPattern({ digits, decimals }: { digits: number; decimals: number }): string {
  const whole = digits - decimals
  const before = whole === 0 ? '0' : `\\d{1,${whole}}`
  return `^-?${before}${decimals === 0 ? '' : `(\\.\\d{1,${decimals}})?`}$`
}

function isWhole({ least, most }: { least: number; most: number }) {
  return least === -2147483648 && most === 2147483647
}

function textExample(name: string, { least, most }: { least: number; most: number }): string {
  const words = name.replaceAll('_', ' ')
  const plain = `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`
  const long = plain.length < least ? plain.padEnd(least, 'x') : plain
  return long.length > most ? words.replaceAll(' ', '').padEnd(least, 'x').slice(0, most) : long
}

function decimalExample({ digits, decimals }: { digits: number; decimals: number }): string {
  const whole = Math.min(digits - decimals, 5)
  return (whole > 0 ? 2 * 10 ** (whole - 1) : 2 / 10).toFixed(decimals)
}
