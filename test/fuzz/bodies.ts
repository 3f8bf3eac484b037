import fc from 'fast-check'
import type { Mutation } from './mutations.js'
import { resolved, type Schema, validValue } from './values.js'

/** JSON that is written as text, because no JavaScript value gives it. */
const ODD_VALUES = [
  ...[
    'null',
    'true',
    '0',
    '-0',
    '1.5',
    '1e400',
    '-1e400',
    '1e-400',
    '123456789012345678901234567890',
    '9007199254740993',
    '2147483648',
  ],
  ...[
    '""',
    '" "',
    '"0"',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udc00x"',
    '"\\u202e"',
    '"\\ufeff"',
    '"é"',
    '"e\\u0301"',
    '"\\r\\n"',
  ],
  ...[
    '"__proto__"',
    '"null"',
    '"\\ud83d\\ude00"',
    '[]',
    '{}',
    '[[]]',
    '[null]',
    '[1]',
    '["a","a"]',
    '[{}]',
    '{"a":{"b":[]}}',
  ],
  ...[
    '"2027-02-30T00:00:00Z"',
    '"9999-12-31T23:59:59Z"',
    '"0001-01-01T00:00:00Z"',
    '"+275760-09-13T00:00:00.000Z"',
    '"2027-01-31"',
  ],
]

/** A body that is not what the schema says may still go on the wire: members in any order and any number. */
const member: Mutation = (draft, _known, draw) => {
  const { json } = draft
  const names = propertiesOf(draft)
  // A body that is an array has none.
  if (!json || names.length === 0) return
  const name = draw(fc.constantFrom(...names))
  const long = fc.nat(2000).map((length) => JSON.stringify('a'.repeat(length)))
  const odd = fc.oneof(
    fc.constantFrom(...ODD_VALUES),
    fc.json(),
    long,
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  )
  const rest = Object.entries(json).filter(([other]) => other !== name)
  draft.body = textOf([...rest.map(([key, value]) => written(key, value)), `${JSON.stringify(name)}:${draw(odd)}`])
}

const missing: Mutation = (draft, _known, draw) => {
  if (!draft.json) return
  const kept = draw(fc.subarray(Object.entries(draft.json)))
  draft.body = textOf(kept.map(([key, value]) => written(key, value)))
}

const extra: Mutation = (draft, _known, draw) => {
  if (!draft.json) return
  const name = fc.oneof(
    fc.constantFrom('id', 'token', '__proto__', 'constructor', 'prototype', 'toString', ''),
    fc.string({ unit: 'binary' }),
  )
  draft.body = textOf([...members(draft), `${JSON.stringify(draw(name))}:${draw(fc.constantFrom(...ODD_VALUES))}`])
}

const twice: Mutation = (draft) => {
  if (draft.json) draft.body = textOf([...members(draft), ...members(draft)])
}

/** Valid by its schema alone, which knows nothing of what is in the database. */
const bySchema: Mutation = (draft, _known, draw) => {
  const schema = schemaOf(draft)
  if (schema) draft.body = Buffer.from(JSON.stringify(draw(validValue(schema))))
}

const deep: Mutation = (draft, _known, draw) => {
  const depth = draw(fc.constantFrom(30, 31, 32, 33, 100, 20_000))
  const [open, close] = draw(fc.constantFrom(['[', ']'], ['{"a":', '}']))
  const nested = `${open!.repeat(depth)}1${close!.repeat(depth)}`
  draft.body = textOf([...members(draft).slice(1), `${JSON.stringify(propertiesOf(draft)[0] ?? 'a')}:${nested}`])
}

const large: Mutation = (draft, _known, draw) => {
  const size = draw(fc.constantFrom(65_000, 65_535, 65_536, 65_537, 66_000, 80_000))
  const name = propertiesOf(draft)[0] ?? 'a'
  const frame = JSON.stringify({ [name]: '' }).length
  draft.body = Buffer.from(JSON.stringify({ [name]: 'a'.repeat(size - frame) }))
}

const raw: Mutation = (draft, _known, draw) => {
  const named = [
    '',
    'null',
    '[]',
    '1',
    '"x"',
    'true',
    '{',
    '{}',
    '{"a":1,}',
    "{'a':1}",
    '{"a":NaN}',
    '\ufeff{}',
    '[{}]',
    '{"a":1}{"b":2}',
    'a=b',
    '<xml/>',
  ]
  const bytes = fc.oneof(
    fc.constantFrom(...named).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(Buffer.from('{"a":"\xff"}', 'latin1'), Buffer.from('{}', 'utf16le')),
  )
  draft.body = draw(bytes)
}

const form: Mutation = (draft, _known, draw) => {
  draft.headers['Content-Type'] = 'application/x-www-form-urlencoded'
  const pairs = Object.entries(draft.json ?? { a: 1 }).map(([key, value]): [string, string] => [key, String(value)])
  const odd = ['&username=x', '&&&', '&=', '&a', '&%', '&%ff=1', '&__proto__=1', '&a=1'.repeat(12), '']
  draft.body = Buffer.from(new URLSearchParams(pairs) + draw(fc.constantFrom(...odd)))
}

const none: Mutation = (draft) => {
  draft.body = undefined
}

/** What is done to the body of a request that was valid. */
export const BODY_MUTATIONS: Mutation[] = [
  member,
  member,
  member,
  member,
  missing,
  extra,
  twice,
  bySchema,
  bySchema,
  deep,
  large,
  raw,
  form,
  none,
]

type Subject = Parameters<Mutation>[0]

function members({ json }: Subject): string[] {
  return Object.entries(json ?? {}).map(([key, value]) => written(key, value))
}

function written(key: string, value: unknown) {
  return `${JSON.stringify(key)}:${JSON.stringify(value) ?? 'null'}`
}

function textOf(parts: string[]) {
  return Buffer.from(`{${parts.join()}}`)
}

function schemaOf({ operation }: Subject): Schema | undefined {
  return (operation.requestBody?.content['application/json'] as { schema: Schema } | undefined)?.schema
}

function propertiesOf(draft: Subject): string[] {
  const schema = schemaOf(draft)
  return Object.keys((schema && resolved(schema).properties) ?? {})
}
