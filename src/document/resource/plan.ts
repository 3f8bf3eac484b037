/** What one command line asks for. */
export interface Plan {
  /** In the plural; of the folder, the tests, the table, the tag, the path and the scopes. */
  name: string
  singular: string
  key: Key
  /** Whether each row belongs to the user who made it. */
  isOwned: boolean
  fields: Field[]
}

/** The database makes an `id`, the service makes a `uuid`, and the client gives the others. */
export type Key = { name: string } & ({ kind: 'id' } | { kind: 'uuid' } | TextRule | IntegerRule)

export type Field = FieldBase & (TextRule | IntegerRule | DecimalRule | EnumRule | Reference | { kind: Plain })

export interface FieldBase {
  name: string
  isNull: boolean
  /** What a body without the field means; a decimal and a time are text. */
  default?: string | number | boolean
  isUnique: boolean
  isIndexed: boolean
}

export type Plain = 'boolean' | 'date' | 'time'

/** Characters. */
export interface TextRule {
  kind: 'text'
  least: number
  most: number
}

export interface IntegerRule {
  kind: 'integer'
  least: number
  most: number
}

/** The number of all digits, and of those after the decimal point. */
export interface DecimalRule {
  kind: 'decimal'
  digits: number
  decimals: number
}

export interface EnumRule {
  kind: 'enum'
  values: string[]
}

export interface Reference {
  kind: 'reference'
  to: Target
  /** Whether a row goes with the one that it refers to; else that one stays while it is referred to. */
  cascades: boolean
}

/** A resource that can be referred to: an existing one, or the planned one itself. */
export interface Target {
  name: string
  key: Key
}

export const KINDS = ['text', 'integer', 'decimal', 'boolean', 'date', 'time', 'enum']

/** The range of an integer, in the API and in both databases. */
export const INTEGER = { least: -2147483648, most: 2147483647 }

/** An error in a command line. Its message is the one line that is printed. */
export class Refusal extends Error {}
