import { plainName } from '../../platform/names.js'
import { timeOf } from '../../platform/times.js'
import { type Field, Refusal } from './plan.js'

/** A default is in a comment of the controller, so it must not end the comment. */
const DEFAULT_TEXT = /^[\p{L}\p{N} .,:;_+\-!?()%#&/]*$/u

/**
 * The value of a default, in the form that is stored.
 * @throws {Refusal}
 */
export function defaultOf(field: Field, text: string): string | number | boolean {
  const value = DEFAULTS[field.kind]?.(text, field as never)
  if (value !== undefined) return value
  if (field.kind === 'reference') throw new Refusal(`${field.name}: a reference has no default`)
  throw new Refusal(`${field.name}: the default "${text}" is outside the field’s own rule`)
}

/** Nothing for a value outside the rule. */
const DEFAULTS: Record<string, (text: string, rule: never) => string | number | boolean | undefined> = {
  text: (text, { least, most }: { least: number; most: number }) => {
    const { length } = [...text]
    return DEFAULT_TEXT.test(text) && plainName(text) === text && length >= least && length <= most ? text : undefined
  },
  integer: (text, { least, most }: { least: number; most: number }) =>
    /^(0|-?[1-9]\d{0,9})$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined,
  decimal: (text, { digits, decimals }: { digits: number; decimals: number }) => {
    const [, whole, part = ''] = /^-?(\d+)(?:\.(\d+))?$/.exec(text) ?? []
    const fits = whole !== undefined && whole.replace(/^0+/, '').length <= digits - decimals && part.length <= decimals
    return fits ? (Number(text) + 0).toFixed(decimals) : undefined
  },
  boolean: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
  date: (text) => (/^\d{4}-\d{2}-\d{2}$/.test(text) && timeOf(text) ? text : undefined),
  time: (text) => timeOf(text)?.toISOString(),
  enum: (text, { values }: { values: string[] }) => (values.includes(text) ? text : undefined),
}
