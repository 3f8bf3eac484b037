import { HttpError, invalid } from '../../platform/failures.js'

/** Levels of objects and arrays. */
const DEPTH = 32

/** Names that mean something to JavaScript's own objects. */
const DANGEROUS = ['__proto__', 'constructor', 'prototype']

/** A string or a sign. Its end is optional, so that a text without it is not tried from each of its quotes. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"?|[[\]{}:,]/gs

/**
 * JSON.parse, which keeps the last of two equal names where a proxy may keep the first; here such a text is refused. How much
 * there is in it is counted before anything is made of it.
 * @param most objects, arrays, members and elements, all together
 * @throws {HttpError} 400; the text is never repeated
 */
export function parseJson(text: string, most: number): unknown {
  countValues(text, most)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // V8's message quotes the body, so it is not even a cause.
    throw new HttpError(400, 'JSON parse error.')
  }
  checkNames(text)
  return value
}

function countValues(text: string, most: number) {
  let count = 1
  let depth = 0
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '}' || token === ']') depth--
    else if (token === '{' || token === '[') {
      count++
      if (++depth > DEPTH) throw new HttpError(400, `JSON may be ${DEPTH} levels deep at most.`)
    } else if (token === ',') count++
    if (count > most) throw new HttpError(400, `The body has too much in it: ${most} members and elements at most.`)
  }
}

/** @param text that is JSON */
function checkNames(text: string) {
  const open: Set<string>[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      const name: string = JSON.parse(last)
      if (DANGEROUS.includes(name)) throw invalid({ [`${name}`]: ['This name is not allowed.'] })
      if (open.at(-1)!.has(name)) throw invalid({ [name]: ['This field is given more than once.'] })
      open.at(-1)!.add(name)
    }
    last = token
  }
}
