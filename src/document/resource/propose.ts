import { parsePlan, type Wish } from './arguments.js'
import { Refusal, type Target } from './plan.js'
import { pluralOf, singularOf } from './plural.js'
import { type Existing, requireFree } from './project.js'
import { proposedField } from './proposed-field.js'
import type { Catalogue, ForeignKey, Table } from './table.js'
import { kindOf, whyNone } from './types.js'
import { fieldNameComplaint, nameComplaint, snake, wordComplaint } from './words.js'

/** The proposal for one table. */
export interface Proposal {
  table: string
  /** What `add` is given; nothing where the table is refused. */
  wish?: Wish
  /** Why it is refused, or what of it is left out or has another name, a line each. */
  notes: string[]
}

interface Taken {
  table: Table
  target: Target
  key?: string
  singular?: string
  notes: string[]
}

/**
 * The command lines that would make resources of these tables. A table comes after those that it refers to.
 * @param others the existing resources
 */
export function proposals({ name: database, tables }: Catalogue, others: Existing[]): Proposal[] {
  const refused = new Map(tables.map((table) => [table.name, refusalOf(table)]))
  const names = new Set<string>()
  const taken = new Map<string, Taken>()
  for (const table of tables.filter(({ name }) => !refused.get(name))) {
    const named = nameOf(table, database, names)
    if (!named) {
      refused.set(table.name, 'no name for it that is free and has letters of ASCII')
      continue
    }
    names.add(named.name)
    const key = keyOf(table)
    taken.set(table.name, { table, target: { name: named.name, key: key.key }, key: key.option, ...named })
  }
  const ordered = inOrder([...taken.values()], taken)
  const made: Target[] = []
  const wishes = ordered.map((one) => {
    const proposal = proposalOf(one, taken, made, others)
    if (proposal.wish) made.push(one.target)
    return proposal
  })
  const reasons = [...refused].filter(([, reason]) => reason !== undefined)
  return [...wishes, ...reasons.map(([table, reason]) => ({ table, notes: [`refused: ${reason}`] }))]
}

/** Its rows must have one key, of a kind that we have. */
function refusalOf({ otherwise, columns, primaryKey, references }: Table): string | undefined {
  if (otherwise) return `it is ${otherwise}`
  if (primaryKey.length === 0) return 'it has no primary key'
  if (primaryKey.length > 1) return `its key has ${primaryKey.length} columns: ${primaryKey.join(', ')}`
  const [name] = primaryKey
  const key = columns.find((column) => column.name === name)!
  if (references.some((reference) => reference.columns[0] === name)) return `its key ${name} refers to another table`
  const kind = kindOf(key)
  if (kind === 'integer' && beyond(key.found)) return `its key ${name} has values of more than 32 bits`
  if (kind === 'text' && (key.lengths[0] ?? 0) > 100) return `its key ${name} is longer than 100 characters`
  if (kind === 'text' || kind === 'integer' || kind === 'uuid') return undefined
  return `its key ${name} is ${kind ? `a ${kind}` : whyNone(key.type)}`
}

function beyond(found: { least?: number; most?: number } = {}) {
  return (found.least ?? 0) < -2147483648 || (found.most ?? 0) > 2147483647
}

function nameOf(table: Table, database: string, names: Set<string>) {
  const plain = pluralOf(snake(table.name))
  const notes: string[] = []
  for (const name of [plain, `${snake(database)}_${plain}`, `imported_${plain}`]) {
    const singular = singularOf(name)
    const one = singular ?? `${name}_row`
    if (nameComplaint(name) || wordComplaint(one) || names.has(name)) continue
    const reason = refused(() => requireFree(name, one))
    if (!reason) return { name, notes, ...(singular === undefined && { singular: one }) }
    notes.push(`another name, because of ${reason}`)
  }
  return undefined
}

function keyOf({ columns, primaryKey }: Table): { key: Target['key']; option?: string } {
  const column = columns.find(({ name }) => name === primaryKey[0])!
  const kind = kindOf(column)
  if (kind === 'integer' && column.isCounted) return { key: { name: 'id', kind: 'id' } }
  const plain = snake(column.name)
  const name = fieldNameComplaint(plain) ? 'key' : plain
  if (kind === 'uuid') return { key: { name, kind }, option: `${name}:uuid` }
  if (kind === 'integer')
    return { key: { name, kind, least: -2147483648, most: 2147483647 }, option: `${name}:integer` }
  const most = column.lengths[0] ?? 100
  return { key: { name, kind: 'text', least: 1, most }, option: `${name}:text:1-${most}` }
}

/** Puts tables after those that they refer to, unless there is a circle. */
function inOrder(all: Taken[], byTable: Map<string, Taken>): Taken[] {
  const ordered: Taken[] = []
  const begun = new Set<Taken>()
  const visit = (one: Taken) => {
    if (begun.has(one)) return
    begun.add(one)
    for (const { columns, table } of one.table.references)
      if (columns.length === 1 && byTable.has(table)) visit(byTable.get(table)!)
    ordered.push(one)
  }
  all.forEach(visit)
  return ordered
}

function proposalOf(one: Taken, taken: Map<string, Taken>, made: Target[], others: Existing[]): Proposal {
  const { table, target, key, singular } = one
  const notes = [...one.notes]
  const names = new Set([target.key.name])
  const fields = table.columns.flatMap((column) => {
    if (column.name === table.primaryKey[0]) return []
    const reference = table.references.find(({ columns }) => columns.length === 1 && columns[0] === column.name)
    const to = reference && targetOf(reference, { one, taken, made, notes })
    const field = proposedField(
      { table, column, names, isSelf: to === target },
      to && { to, isCascading: reference!.isCascading },
    )
    notes.push(...field.notes.map((note) => `${column.name}: ${note}`))
    return field.text ?? []
  })
  notes.push(...together(table))
  const wish = { name: target.name, fields, ...(key && { key }), ...(singular && { singular }) }
  const reason = refused(() => parsePlan(wish, [...others, ...made]))
  if (reason) return { table: table.name, notes: [`refused: ${reason}`] }
  return { table: table.name, wish, notes }
}

interface Place {
  one: Taken
  taken: Map<string, Taken>
  made: Target[]
  notes: string[]
}

function targetOf({ columns, table, to }: ForeignKey, { one, taken, made, notes }: Place): Target | undefined {
  const plain = (why: string) => void notes.push(`${columns[0]}: refers to ${table}, ${why}, and becomes a plain value`)
  const other = [...taken.values()].find(({ table: { name } }) => name.toLowerCase() === table.toLowerCase())
  if (!other) return plain('which is refused')
  if (to.length > 0 && to[0]!.toLowerCase() !== other.table.primaryKey[0]!.toLowerCase()) return plain('not by its key')
  if (other !== one && !made.includes(other.target)) return plain('which comes later')
  return other.target
}

function together({ uniques, references }: Table): string[] {
  return [
    ...uniques
      .filter(({ length }) => length > 1)
      .map((columns) => `unique together: ${columns.join(', ')}: a line in the migration by hand`),
    ...references
      .filter(({ columns }) => columns.length > 1)
      .map(({ columns, table }) => `${columns.join(', ')}: refer to ${table} together, and become plain values`),
  ]
}

/** @returns the reason, if there is one */
function refused(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
}
