import fc from 'fast-check'
import type { Operation } from '../document.js'
import { BODY_MUTATIONS } from './bodies.js'
import type { Known } from './known.js'
import { type Schema, validValue } from './values.js'

/** A request in the making. */
export interface Draft {
  operation: Operation
  draw: <T>(arbitrary: fc.Arbitrary<T>) => T
  method: string
  path: string
  /** Of the object that the path ends with. */
  id?: number
  query: [string, string][]
  headers: Record<string, string>
  json?: Record<string, unknown>
  body?: Uint8Array
}

export type Mutation = (draft: Draft, known: Known, draw: Draft['draw']) => void

/** What a header may hold: Node refuses to send anything else. */
const headerText = fc
  .string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code === 0x7f ? 0x20 : code)),
    maxLength: 60,
  })
  .map((text) => text.trim())

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

const accept: Mutation = (draft, _known, draw) => {
  const named = [
    '',
    '*/*',
    'text/html',
    'application/xml',
    'application/json;q=0',
    'application/json; charset=utf-8',
    'application/problem+json',
    'text/html, */*;q=0.1',
    ',,,',
    ';q=1',
    'application/*',
    '*',
    'application/json;q=abc',
    'a/b;q=1;q=0',
    Array(500).fill('a/b').join(),
  ]
  draft.headers.Accept = draw(fc.oneof(fc.constantFrom(...named), headerText))
}

const contentType: Mutation = (draft, _known, draw) => {
  const named = [
    '',
    'text/plain',
    'application/json; charset=latin1',
    'application/json;charset="utf-8"',
    'application/json; charset=utf-16',
    'APPLICATION/JSON',
    'application/merge-patch+json',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    ';;;',
    'application/json, text/plain',
  ]
  draft.headers['Content-Type'] = draw(fc.oneof(fc.constantFrom(...named), headerText))
}

const noContentType: Mutation = (draft) => {
  delete draft.headers['Content-Type']
}

const condition: Mutation = (draft, known, draw) => {
  const name = draw(
    fc.constantFrom(
      'If-Match',
      'If-Match',
      'If-None-Match',
      'If-None-Match',
      'If-Modified-Since',
      'If-Unmodified-Since',
      'Range',
      'If-Range',
    ),
  )
  const named = [
    '',
    '*',
    '"x"',
    'W/"x"',
    'x',
    '"x", "y"',
    ',',
    '"',
    '"*"',
    'bytes=0-1',
    'bytes=9-',
    'Thu, 01 Jan 1970 00:00:00 GMT',
  ]
  draft.headers[name] = draw(fc.oneof(fc.constantFrom(...known.etags), fc.constantFrom(...named), headerText))
}

const authorization: Mutation = (draft, known, draw) => {
  const named = [
    '',
    'Token',
    'Token ',
    'Bearer',
    'Basic YWRtaW46YWRtaW4=',
    'Token a b',
    'Token lk_short',
    `Token lks_${'a'.repeat(49)}`,
    `Token lk_${'0'.repeat(49)}`,
    `Bearer ${'x'.repeat(5000)}`,
    'Token \xff\xfe',
    'token\tjunk',
  ]
  const own = [known.token, ...known.personal].flatMap((value) => [`Token ${value}`, `bearer ${value}`])
  draft.headers.Authorization = draw(fc.oneof(fc.constantFrom(...named), fc.constantFrom(...own), headerText))
}

const noAuthorization: Mutation = (draft) => {
  delete draft.headers.Authorization
}

const personalToken: Mutation = (draft, known, draw) => {
  draft.headers.Authorization = `Token ${draw(fc.constantFrom(...known.personal))}`
}

/** The admin site's credential in the header's place, with and without the signs of the same origin. */
const cookie: Mutation = (draft, known, draw) => {
  if (draw(fc.boolean())) delete draft.headers.Authorization
  draft.headers.Cookie = draw(
    fc.oneof(
      fc.constant(`latchkey_session=${known.session}`),
      fc.constantFrom(
        'latchkey_session=',
        'latchkey_session=x; latchkey_session=y',
        `latchkey_session=lks_${'a'.repeat(49)}`,
        ';;=',
      ),
    ),
  )
  const site = draw(fc.constantFrom('same-origin', 'cross-site', 'none', '', undefined))
  if (site !== undefined) draft.headers['Sec-Fetch-Site'] = site
}

const otherHeader: Mutation = (draft, _known, draw) => {
  const named = [
    ['Host', 'evil.example'],
    ['Host', ''],
    ['Host', 'localhost:99999'],
    ['Host', '[::1]:80'],
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Proto', 'javascript'],
    ['X-Forwarded-For', 'junk'],
    ['X-Forwarded-For', '::1, unknown, 10.0.0.1'],
    ['Origin', 'null'],
    ['Origin', 'https://evil.example'],
    ['Content-Encoding', 'gzip'],
    ['X-HTTP-Method-Override', 'DELETE'],
    ['Idempotency-Key', 'x'],
    ['Transfer-Encoding', 'chunked'],
    ['User-Agent', '\xff'.repeat(2000)],
    ['X-Request-Id', "'"],
  ] as const
  const [name, value] = draw(fc.constantFrom(...named))
  draft.headers[name] = value
}

/** What is done to a request that was valid. */
export const MUTATIONS: Mutation[] = [
  ...[method, pathId, pathId, pathForm, queryValue, queryValue, queryName, queryTwice, queryEncoding],
  ...[
    accept,
    contentType,
    noContentType,
    condition,
    condition,
    authorization,
    noAuthorization,
    personalToken,
    cookie,
    otherHeader,
  ],
  ...BODY_MUTATIONS,
]
