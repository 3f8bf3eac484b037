import { parseField } from './field.js'
import { parseKey } from './key.js'
import { KINDS, type Plan, Refusal, type Target } from './plan.js'
import { pluralOf, singularOf } from './plural.js'
import { existing, requireFree } from './project.js'
import { camel, nameComplaint, wordComplaint } from './words.js'

/** The arguments of `add`. */
export interface Wish {
  name: string
  fields: string[]
  key?: string
  owned?: true
  singular?: string
}

/**
 * Makes a plan from a command line, and checks it against the project.
 * @throws {Refusal} at the first error
 */
export function planOf(wish: Wish): Plan {
  const plan = parsePlan(wish, existing())
  requireFree(plan.name, plan.singular)
  return plan
}

/**
 * As `planOf`, without reading the project.
 * @param others the resources that fields may refer to, besides the planned one
 * @throws {Refusal}
 */
export function parsePlan({ name, fields: texts, key: keyText, owned, singular: given }: Wish, others: Target[]): Plan {
  const complaint = nameComplaint(name) ?? (KINDS.includes(name) ? 'a kind of field is called so' : undefined)
  if (complaint) throw new Refusal(`${name}: ${complaint}`)
  const singular = given ?? singularOf(name)
  if (singular === undefined)
    throw new Refusal(`${name}: not known as a plural; ${pluralOf(name)}, or say what one is called: --singular row`)
  const wrong = wordComplaint(singular) ?? (singular === name ? 'not another word than the plural' : undefined)
  if (wrong) throw new Refusal(`--singular ${singular}: ${wrong}`)
  const key = keyText === undefined ? { name: 'id', kind: 'id' as const } : parseKey(keyText)
  if (texts.length === 0) throw new Refusal(`${name}: it has no field, such as name:text:1-50`)
  const fields = texts.map((text) =>
    parseField(text, [{ name, key }, ...others.filter((other) => other.name !== name)]),
  )
  const plan = { name, singular, key, isOwned: owned === true, fields }
  requireDistinct(plan)
  requireFirstRow(plan)
  requireIndexNames(plan)
  return plan
}

function requireDistinct({ key, isOwned, fields }: Plan) {
  const names = [key.name, ...(isOwned ? ['owner'] : []), ...fields.map(({ name }) => name)]
  names.forEach((name, index) => {
    const other = names.slice(0, index).find((earlier) => camel(earlier) === camel(name))
    if (other === undefined) return
    if (index > 0 && names.indexOf(other) === 0) throw new Refusal(`${name}: the key is called ${other}`)
    if (isOwned && other === 'owner') throw new Refusal(`${name}: with --owned each row has an owner already`)
    throw new Refusal(
      `${name}: there is a field ${other} already${other === name ? '' : ', and code could not tell them apart'}`,
    )
  })
}

/** A resource that must refer to its own kind cannot have a first row. */
function requireFirstRow({ name, fields }: Plan) {
  const own = fields.find((field) => field.kind === 'reference' && field.to.name === name && !field.isNull)
  if (own) throw new Refusal(`${own.name}: the first row would have none to refer to: ${own.name}:${name}:null`)
}

/** PostgreSQL cuts names after 63 bytes, and the name of an index contains those of its table and column. */
function requireIndexNames({ name, fields }: Plan) {
  const long = fields.find((field) => `${name}_${field.name}`.length > 58)
  if (long)
    throw new Refusal(
      `${long.name}: too long with ${name} before it, as the names of indexes have: 57 characters in all`,
    )
}
