import { nearest } from './nearest-word.js'
import { type Field, INTEGER, KINDS, Refusal, type Target } from './plan.js'

/** In characters. A body has 64 kB in all, and a character takes up to 4 bytes. */
export const LONGEST_TEXT = 10_000

/** PostgreSQL's B-tree takes entries of 2,704 bytes. A character takes up to 4, and the entry may contain the key too. */
export const LONGEST_INDEXED = 500
export const LONGEST_KEY = 100

/**
 * SQLite stores a float, which keeps any 15 decimal digits (IEEE 754: 53 bits), but not every 16: 99999999999999.99 becomes .98.
 */
export const MOST_DIGITS = 15

/**
 * SQLite's `round`, which the CHECK of a decimal calls, is wrong for one value in 5,000 with six decimals or more, such as
 * 749.467962, and for none in 2 million with five or fewer (measured with SQLite 3.52).
 */
export const MOST_DECIMALS = 5

/** Generated clients have constants for the values. */
const ENUM_VALUE = /^[A-Za-z][A-Za-z0-9_-]{0,49}$/
const MOST_VALUES = 100

/** Takes the rule of a kind from the beginning of the rest of a field's text. */
export type Take = (rest: string[], name: string) => Rule

type Rule = Pick<Field, 'kind'> & Partial<Field>

/**
 * The rules of each kind, by its name.
 * @throws {Refusal}
 */
export const RULES: Record<string, Take> = {
  text: (rest, name) => ({ kind: 'text', ...lengths(rest, name) }),
  integer,
  decimal,
  enum: values,
  boolean: () => ({ kind: 'boolean' }),
  date: () => ({ kind: 'date' }),
  time: () => ({ kind: 'time' }),
}

export function lengths(rest: string[], name: string) {
  const [, least, most] = /^(\d{1,6})-(\d{1,6})$/.exec(rest[0] ?? '') ?? []
  if (least === undefined) {
    const alone = /^\d+$/.test(rest[0] ?? '') ? rest[0] : '50'
    throw new Refusal(`${name}: a text has a shortest and a greatest length: text:1-${alone}, or text:0-${alone}`)
  }
  rest.shift()
  const range = { least: Number(least), most: Number(most) }
  if (range.most < 1 || range.least > range.most)
    throw new Refusal(`${name}: no text is of ${least}-${most} characters`)
  if (range.most > LONGEST_TEXT)
    throw new Refusal(`${name}: a text has ${LONGEST_TEXT} characters at most, or bodies would be too large`)
  return range
}

export function integer(rest: string[], name: string): Rule & { least: number; most: number } {
  if (!/^-?\d/.test(rest[0] ?? '')) return { kind: 'integer', ...INTEGER }
  const text = rest.shift()!
  const [, least, most] = /^(-?\d{1,10})-(-?\d{1,10})$/.exec(text) ?? []
  if (least === undefined) throw new Refusal(`${name}: ${text} is no range: integer:1-10`)
  const range = { least: Number(least), most: Number(most) }
  if (range.least < INTEGER.least || range.most > INTEGER.most)
    throw new Refusal(`${name}: an integer has 32 bits: from ${INTEGER.least} to ${INTEGER.most}`)
  if (range.least > range.most) throw new Refusal(`${name}: no integer is from ${least} to ${most}`)
  return { kind: 'integer', ...range }
}

function decimal(rest: string[], name: string): Rule {
  const [, digits, decimals] = /^(\d{1,4}),(\d{1,4})$/.exec(rest[0] ?? '') ?? []
  if (digits === undefined)
    throw new Refusal(`${name}: a decimal has its digits, and those after the point: decimal:10,2`)
  rest.shift()
  const rule = { kind: 'decimal' as const, digits: Number(digits), decimals: Number(decimals) }
  if (rule.digits < 1 || rule.decimals > rule.digits)
    throw new Refusal(`${name}: no decimal has ${digits} digits with ${decimals} after the point`)
  if (rule.digits > MOST_DIGITS)
    throw new Refusal(`${name}: a decimal has ${MOST_DIGITS} digits at most, which SQLite keeps exactly`)
  if (rule.decimals > MOST_DECIMALS)
    throw new Refusal(
      `${name}: a decimal has ${MOST_DECIMALS} digits after the point at most, which SQLite rounds right`,
    )
  return rule
}

function values(rest: string[], name: string): Rule {
  const list = rest.shift()
  if (!list) throw new Refusal(`${name}: an enum has its values: enum:open,closed`)
  const all = list.split(',')
  const bad = all.find((value) => !ENUM_VALUE.test(value))
  if (bad !== undefined)
    throw new Refusal(`${name}: "${bad}" is no value: a-z, 0-9, _ and -, with a letter first and 50 characters at most`)
  if (all.length > MOST_VALUES) throw new Refusal(`${name}: an enum has ${MOST_VALUES} values at most`)
  const same = all.find((value, index) => all.slice(0, index).some((other) => folded(other) === folded(value)))
  if (same)
    throw new Refusal(`${name}: ${same} is there twice, or as good as: clients would have one constant for both`)
  return { kind: 'enum', values: all }
}

function folded(value: string) {
  return value.toLowerCase().replaceAll('-', '_')
}

/** @throws {Refusal} for text that is neither a kind nor a resource */
export function reference(kind: string, targets: Target[]): Take {
  return (_rest, name) => {
    const to = targets.find((target) => target.name === kind)
    if (to) return { kind: 'reference', to, cascades: false }
    if (!kind) throw new Refusal(`${name}: its kind is missing: ${KINDS.join(', ')} or a resource`)
    const near = nearest(kind, [...KINDS, ...targets.map((target) => target.name)])
    throw new Refusal(`${name}: ${kind} is no kind and no resource${near ? `, did you mean ${near}?` : ''}`)
  }
}
