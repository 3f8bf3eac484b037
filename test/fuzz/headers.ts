import fc from 'fast-check'
import type { Mutation } from './mutations.js'

/** What a header may hold: Node refuses to send anything else. */
const headerText = fc
  .string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code === 0x7f ? 0x20 : code)),
    maxLength: 60,
  })
  .map((text) => text.trim())

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
  if (known.personal.length > 0) draft.headers.Authorization = `Token ${draw(fc.constantFrom(...known.personal))}`
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

/** What is done to the headers. */
export const HEADER_MUTATIONS: Mutation[] = [
  ...[accept, contentType, noContentType, condition, condition],
  ...[authorization, noAuthorization, personalToken, cookie, otherHeader],
]
