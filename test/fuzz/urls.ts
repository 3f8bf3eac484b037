import fc from 'fast-check'
import type { Mutation } from './mutations.js'
import { type Schema, validValue } from './values.js'

const JUNK_IDS = [
  ...[
    '0',
    '-1',
    '-0',
    '2147483647',
    '2147483648',
    '-2147483648',
    '-2147483649',
    '9223372036854775808',
    '9'.repeat(400),
  ],
  ...['007', '+7', '1.0', '1e3', '0x1f', '1_0', '%31', '1%20', '%201', '١٢'].map(encodeURI),
  ...[
    '',
    '%00',
    '%2e%2e',
    '%2F',
    '1%2F2',
    '%',
    '%zz',
    '%c3%28',
    '%ff',
    '%F0%9F%98%80',
    'current',
    'null',
    'undefined',
    'NaN',
  ],
  ...["1'--", '1;drop', '{id}', '*', '1/', '1//', '1/x', '__proto__', 'constructor', '1?', '1#', '1.json'],
]

const method: Mutation = (draft, _known, draw) => {
  const other = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']
  draft.method = draw(fc.constantFrom(...other))
}

const pathId: Mutation = (draft, _known, draw) => {
  const id = fc.oneof(fc.constantFrom(...JUNK_IDS), fc.integer().map(String), fc.webPath().map(encodeURIComponent))
  const segments = draft.operation.path.split('/').map((segment) => (segment.startsWith('{') ? draw(id) : segment))
  draft.path = segments.join('/')
  draft.id = undefined
}

const pathForm: Mutation = (draft, _known, draw) => {
  draft.id = undefined
  draft.path = draw(
    fc.constantFrom(
      `${draft.path}/`,
      `${draft.path}//`,
      `/${draft.path}`,
      draft.path.toUpperCase(),
      `${draft.path}/x`,
      '/api',
    ),
  )
}

/** Each parameter that the operation knows, with values that its schema may or may not call valid. */
const queryValue: Mutation = (draft, known, draw) => {
  const all = (draft.operation.parameters ?? []).filter((parameter) => parameter.in === 'query')
  if (all.length === 0) return queryName(draft, known, draw)
  const { name, schema } = draw(fc.constantFrom(...all))
  const odd = fc.constantFrom(
    '',
    ' ',
    '0',
    '-1',
    '1e9',
    '1e400',
    'NaN',
    'Infinity',
    '007',
    '+1',
    'true',
    'TRUE',
    '\0',
    '%',
    '_',
    "'",
    '\\',
    '2027-02-30T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '2027-01-31',
    '+275760-09-13T00:00:00.000Z',
    '-000001-01-01T00:00:00Z',
    '2027-01-31T24:00:00Z',
    '0001-01-01T00:00:00+14:00',
    'a'.repeat(3000),
    'W10.x',
  )
  const value = fc.oneof(odd, fc.string({ unit: 'binary' }), validValue(schema as Schema).map(String))
  draft.query.push([name, draw(value)])
}

const queryName: Mutation = (draft, _known, draw) => {
  const name = fc.oneof(
    fc.constantFrom('limt', '__proto__', 'constructor', 'toString', 'format', '', 'limit[]', 'a'.repeat(500)),
    fc.string(),
  )
  draft.query.push([draw(name), draw(fc.string())])
}

const queryTwice: Mutation = (draft, known, draw) => {
  if (draft.query.length === 0) queryValue(draft, known, draw)
  draft.query.push(...draft.query)
}

const queryEncoding: Mutation = (draft, _known, draw) => {
  const known = (draft.operation.parameters ?? [])
    .filter((parameter) => parameter.in === 'query')
    .map(({ name }) => name)
  const odd = [
    'raw:%',
    'raw:%zz',
    'raw:%c3%28',
    'raw:%ff',
    'raw:%00',
    'raw:%ED%A0%80',
    'raw:+',
    'raw:a=b',
    'raw:&&',

    'raw:%u0041',
    'raw:;',
    'raw:[]',
  ]
  draft.query.push([draw(fc.constantFrom('raw:%6cimit', 'raw:', 'raw:%', ...known)), draw(fc.constantFrom(...odd))])
}

/** What is done to the method, the path and the query. */
export const URL_MUTATIONS: Mutation[] = [
  method,
  pathId,
  pathId,
  pathForm,
  queryValue,
  queryValue,
  queryName,
  queryTwice,
  queryEncoding,
]
