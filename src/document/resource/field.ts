import { defaultOf } from './default.js'
import { LONGEST_INDEXED, RULES, reference } from './kinds.js'
import { nearest } from './nearest-word.js'
import { type Field, Refusal, type Target } from './plan.js'
import { fieldNameComplaint } from './words.js'

/**
 * Reads a field from the command line.
 * @param targets the resources that it may refer to, including the planned one
 * @throws {Refusal}
 */
export function parseField(text: string, targets: Target[]): Field {
  const [name = '', kind = '', ...rest] = text.split(':')
  const complaint = fieldNameComplaint(name)
  if (complaint) throw new Refusal(`${name || text}: ${complaint}`)
  const rule = (Object.hasOwn(RULES, kind) ? RULES[kind]! : reference(kind, targets))(rest, name)
  return modified({ name, isNull: false, isUnique: false, isIndexed: false, ...rule } as Field, rest)
}

function modified(field: Field, rest: string[]): Field {
  const seen = new Set<string>()
  while (rest.length > 0) {
    const part = rest.shift()!
    const isDefault = part.startsWith('default=')
    const word = isDefault ? 'default' : part
    if (seen.has(word)) throw new Refusal(`${field.name}: ${word} is there twice`)
    seen.add(word)
    if (isDefault) field.default = defaultOf(field, [part.slice('default='.length), ...colons(rest)].join(':'))
    else if (word === 'null') field.isNull = true
    else if (word === 'unique') field.isUnique = true
    else if (word === 'indexed') field.isIndexed = true
    else if (word === 'cascade' && field.kind === 'reference') field.cascades = true
    else throw new Refusal(`${field.name}: ${unknown(field, word)}`)
  }
  requireSense(field)
  return field
}

const WORDS = ['null', 'unique', 'indexed', 'cascade']

function unknown({ kind }: Field, word: string): string {
  if (word === 'cascade') return 'cascade is for references, whose rows go with the one that they refer to'
  if (word === 'default') return 'a default has its value: default=open'
  const near = nearest(word, [...WORDS, 'default'])
  return `${kind} takes no "${word}"${near ? `, did you mean ${near}?` : ''}`
}

/** A time contains colons. */
function colons(rest: string[]): string[] {
  const end = rest.findIndex((part) => WORDS.includes(part))
  return rest.splice(0, end < 0 ? rest.length : end)
}

function requireSense(field: Field) {
  const { name, kind, isNull, isUnique, isIndexed } = field
  const hasDefault = field.default !== undefined
  if (isNull && hasDefault)
    throw new Refusal(`${name}: with null and a default nobody could tell what an absent one means`)
  if (isUnique && kind === 'boolean') throw new Refusal(`${name}: a unique boolean would leave room for two rows`)
  if (isUnique && hasDefault) throw new Refusal(`${name}: a default that is unique would serve one row alone`)
  if (kind === 'text' && (isUnique || isIndexed) && field.most > LONGEST_INDEXED)
    throw new Refusal(
      `${name}: a text with an index has ${LONGEST_INDEXED} characters at most, as PostgreSQL’s entries have`,
    )
}
