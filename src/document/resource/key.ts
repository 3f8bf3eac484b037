import { integer, LONGEST_KEY, lengths } from './kinds.js'
import { type Key, Refusal } from './plan.js'
import { fieldNameComplaint } from './words.js'

/**
 * Reads `--key`: `code:text:1-20`, `n:integer`, `id:uuid`.
 * @throws {Refusal}
 */
export function parseKey(text: string): Key {
  const [name = '', kind = '', ...rest] = text.split(':')
  const complaint = fieldNameComplaint(name)
  if (complaint) throw new Refusal(`--key ${name || text}: ${complaint}`)
  const key = keyOf(name, kind, rest)
  if (rest.length > 0) throw new Refusal(`--key ${name}: ${rest.join(':')} is nothing that a key of ${kind} takes`)
  return key
}

function keyOf(name: string, kind: string, rest: string[]): Key {
  if (kind === 'uuid') return { name, kind }
  if (kind === 'integer') return { name, ...integer(rest, name) } as Key
  if (kind === 'text') {
    const { least, most } = lengths(rest, name)
    if (least < 1) throw new Refusal(`--key ${name}: an empty text is no path: text:1-${most}`)
    if (most > LONGEST_KEY) throw new Refusal(`--key ${name}: a key has ${LONGEST_KEY} characters at most`)
    return { name, kind, least, most }
  }
  throw new Refusal(
    `--key ${name}: ${kind || 'a kind'} is missing or none: --key code:text:1-20, --key n:integer or --key id:uuid`,
  )
}
