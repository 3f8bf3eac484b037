import { visit } from 'jsonc-parser'
import { HttpError, invalid } from '../../platform/failures.js'
import { isExact } from '../../platform/numbers.js'

/** Levels of objects and arrays. */
const DEPTH = 32

/** Names that mean something to JavaScript's own objects. */
const DANGEROUS = ['__proto__', 'constructor', 'prototype']

/**
 * JSON.parse, which keeps the last of two equal names where a proxy may keep the first, and of a number what a double can
 * hold; here such a text is refused.
 * @throws {HttpError} 400; the text is never repeated
 */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // V8's message quotes the body, so it is not even a cause.
    throw new HttpError(400, 'JSON parse error.')
  }
  checkText(text)
  return value
}

function checkText(text: string) {
  const open: Set<string>[] = []
  const enter = () => {
    if (open.length >= DEPTH) throw new HttpError(400, `JSON may be ${DEPTH} levels deep at most.`)
    open.push(new Set())
  }
  const leave = () => void open.pop()
  visit(text, {
    onObjectBegin: enter,
    onArrayBegin: enter,
    onObjectEnd: leave,
    onArrayEnd: leave,
    onObjectProperty: (name) => {
      if (DANGEROUS.includes(name)) throw invalid({ [`${name}`]: ['This name is not allowed.'] })
      if (open.at(-1)!.has(name)) throw invalid({ [name]: ['This field is given more than once.'] })
      open.at(-1)!.add(name)
    },
    onLiteralValue: (value, offset, length, _line, _character, path) => {
      if (typeof value === 'number' && !isExact(text.slice(offset, offset + length)))
        throw invalid({ [path().join('.') || 'non_field_errors']: ['This number has more digits than can be kept.'] })
    },
  })
}
