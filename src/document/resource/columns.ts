import type { Field, Key, Plan } from './plan.js'
import { camel } from './words.js'

/** The key, the owner and the fields, as one list of columns in the order in which everything is written. */
export interface Column {
  /** On the wire and in the table. */
  name: string
  /** In code. */
  attribute: string
  rule: Exclude<Field | Key, { kind: 'reference' }> | { kind: 'reference'; key: Key; table: string; cascades: boolean }
  isKey: boolean
  isNull: boolean
  isUnique: boolean
  isIndexed: boolean
  default?: string | number | boolean
  /** Whether a body of a create may leave it out, or has no place for it. */
  isOptional: boolean
  /** Whether it stands in the bodies of requests. */
  isGiven: boolean
}

const PLAIN = { isKey: false, isNull: false, isUnique: false, isIndexed: false }

/** The owner of a row. The kit finds it by this name. */
const OWNER: Column = {
  ...PLAIN,
  name: 'owner',
  attribute: 'owner',
  rule: { kind: 'reference', key: { name: 'id', kind: 'id' }, table: 'users', cascades: true },
  isOptional: false,
  isGiven: false,
}

export function columnsOf({ key, isOwned, fields }: Plan): Column[] {
  const isMade = key.kind === 'id' || key.kind === 'uuid'
  const first: Column = {
    ...PLAIN,
    name: key.name,
    attribute: camel(key.name),
    rule: key,
    isKey: true,
    isOptional: isMade,
    isGiven: !isMade,
  }
  return [first, ...(isOwned ? [OWNER] : []), ...fields.map(columnOf)]
}

function columnOf(field: Field): Column {
  const { name, isNull, isUnique, isIndexed, default: value } = field
  const rule =
    field.kind === 'reference'
      ? { kind: field.kind, key: field.to.key, table: field.to.name, cascades: field.cascades }
      : field
  return {
    name,
    attribute: camel(name),
    rule,
    isKey: false,
    isNull,
    isUnique,
    isIndexed,
    default: value,
    isOptional: isNull || value !== undefined,
    isGiven: true,
  }
}

/** Whether lists can be ordered by it: it has an index and is never null. */
export function isOrdering({ isKey, isNull, isUnique, isIndexed, rule }: Column): boolean {
  return isKey || (!isNull && (isUnique || isIndexed) && rule.kind !== 'reference')
}

/** A text as a string in code. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
