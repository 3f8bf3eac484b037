import type { Duplex } from 'node:stream'
import type { Token } from 'stream-json/parser.js'
import { streamArray } from 'stream-json/streamers/stream-array.js'
import { streamValues } from 'stream-json/streamers/stream-values.js'
import { withParser } from 'stream-json/utils/with-parser.js'

/**
 * What makes records of the bytes of a dump. Whole numbers that JavaScript would round, such as a key of 64 bits, come as texts: two
 * users who have the same number after it would be one.
 * @param form an array of records, or a record a line
 */
export function dumpParser(form: 'array' | 'lines'): Duplex {
  const factory = form === 'array' ? streamArray : streamValues
  return withParser.asStream(
    () => {
      const records = factory()
      return ((token: Token) => records(exact(token))) as typeof records
    },
    { packKeys: true, jsonStreaming: form === 'lines' },
  )
}

/** Digits that every number of so many has exactly. */
const EXACT = 15

function exact(token: Token): Token {
  if (token.name !== 'numberValue' || token.value.length <= EXACT || !/^-?\d+$/.test(token.value)) return token
  return Number.isSafeInteger(Number(token.value)) ? token : { name: 'stringValue', value: token.value }
}
