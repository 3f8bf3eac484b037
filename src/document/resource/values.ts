import type { Column } from './columns.js'
import { exampleOf } from './wire-types.js'

type Value = string | number | boolean | null

/**
 * A value other than the example that the rules of a column allow. Nothing if there is no other, or if a row would have to be
 * made first.
 */
export function otherOf(column: Column): Value | undefined {
  const { name, rule, isKey } = column
  const first = exampleOf(column)
  switch (rule.kind) {
    case 'text': {
      const long = `another ${name.replaceAll('_', ' ')}`.replaceAll(' ', isKey ? '-' : ' ')
      if (long.length <= rule.most && long.length >= rule.least) return long
      const end = String(first).endsWith('z') ? 'y' : 'z'
      return `${String(first).slice(0, -1)}${end}`
    }
    case 'integer':
      return rule.least === rule.most ? undefined : Number(first) < rule.most ? Number(first) + 1 : Number(first) - 1
    case 'decimal':
      return (rule.digits > rule.decimals ? 1 : 0.1).toFixed(rule.decimals)
    case 'boolean':
      return false
    case 'date':
      return '2027-02-01'
    case 'time':
      return '2027-02-01T12:00:00.000Z'
    case 'enum':
      return rule.values[1]
    default:
      return undefined
  }
}

/** Values that the rules of a column refuse. */
export function wrongOf({ rule, isNull, isOptional }: Column): Value[] {
  const none: Value[] = isNull || isOptional ? [] : [null]
  switch (rule.kind) {
    case 'text':
      return [...(rule.least > 0 ? ['', ' '] : []), 'x'.repeat(Math.min(rule.most + 1, 201)), 1, ...none].filter(
        (value) => typeof value !== 'string' || value.trim() === '' || value.length > rule.most,
      )
    case 'integer':
      return ['1', 1.5, rule.most + 1, ...none]
    case 'decimal':
      return [`1.${'1'.repeat(rule.decimals + 1)}`, 10 ** (rule.digits - rule.decimals), 'much', ...none]
    case 'boolean':
      return ['yes', 1]
    case 'date':
      return ['2027-02-30', '31.1.2027', ...none]
    case 'time':
      return ['2027-02-30T12:00:00Z', 'yesterday', ...none]
    case 'enum':
      return ['none-of-them', ...none]
    case 'reference':
      return [ABSENT[rule.key.kind]!, true, ...none]
    default:
      return []
  }
}

/** Keys that no test uses. */
const ABSENT: Record<string, Value> = {
  id: 2147483647,
  integer: 2147483647,
  text: 'absent',
  uuid: '00000000-0000-4000-8000-000000000000',
}
