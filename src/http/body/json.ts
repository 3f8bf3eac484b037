import { HttpError, invalid } from '../../platform/failures.js'
import { isExact } from '../../platform/numbers.js'

/** The most levels of objects and arrays. */
const DEPTH = 32

/** Names with a meaning for JavaScript's own objects. */
const DANGEROUS = ['__proto__', 'constructor', 'prototype']

/**
 * A string, a punctuation mark or a number. The end of a string is optional, so that a text without one is not tried again from
 * each of its quotes.
 */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"?|[[\]{}:,]|[-+.\da-z]+/gis

/** The most tokens of a member: its name, the colon, two brackets around its value, and the comma. */
const TOKENS_OF_VALUE = 5

/**
 * Parses JSON more strictly than JSON.parse. Of two equal names JSON.parse keeps the last, where a proxy may keep the first, and
 * it rounds a number to what a double can hold. Such a text is refused here. Its size is checked before anything is made from it.
 * @param most objects, arrays, members and elements, all together
 * @throws {HttpError} 400; the text is never repeated
 */
export function parseJson(text: string, most: number): unknown {
  countValues(text, most)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // V8's message quotes the body, so the error is not even kept as a cause.
    throw new HttpError(400, 'JSON parse error.')
  }
  checkText(text)
  return value
}

function countValues(text: string, most: number) {
  let values = 1
  let tokens = 0
  let depth = 0
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '}' || token === ']') depth--
    else if (token === '{' || token === '[') {
      values++
      if (++depth > DEPTH) throw new HttpError(400, `JSON may be ${DEPTH} levels deep at most.`)
    } else if (token === ',') values++
    if (values > most || ++tokens > TOKENS_OF_VALUE * most)
      throw new HttpError(400, `The body has too much in it: ${most} members and elements at most.`)
  }
}

/** An open object or array, and the place in it. */
interface Level {
  names: Set<string>
  at: string | number
}

/** @param text that is JSON */
function checkText(text: string) {
  const open: Level[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKENS)) {
    const level = open.at(-1)
    if (token === '{' || token === '[') open.push({ names: new Set(), at: token === '[' ? 0 : '' })
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') level!.at = newName(JSON.parse(last), level!.names)
    else if (token === ',') level!.at = typeof level!.at === 'number' ? level!.at + 1 : ''
    else if (/^[-\d]/.test(token) && !isExact(token))
      throw invalid({
        [open.map(({ at }) => at).join('.') || 'non_field_errors']: ['This number has more digits than can be kept.'],
      })
    last = token
  }
}

function newName(name: string, names: Set<string>): string {
  if (DANGEROUS.includes(name)) throw invalid({ [`${name}`]: ['This name is not allowed.'] })
  if (names.has(name)) throw invalid({ [name]: ['This field is given more than once.'] })
  names.add(name)
  return name
}
