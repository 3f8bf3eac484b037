import fc from 'fast-check'
import { type Operation, operations } from '../document.js'
import type { Known } from './known.js'
import { type Draft, MUTATIONS } from './mutations.js'
import type { Message } from './send.js'
import { meaningfulBody, type Schema, validValue } from './values.js'

/** They may answer 503, when too many hashes wait. */
export const HASHING = [
  'obtainToken',
  'createCurrentSession',
  'createFirstSuperuser',
  'createUser',
  'setUserPassword',
  'setPasswordByLink',
]

/** A hash takes a quarter of a second, and the fuzzer's own session needs one when it was ended. */
const SELDOM = [...HASHING, 'deleteCurrentSession']

export interface Drawn {
  operation: Operation
  /** Nothing in it is wrong on purpose. */
  isValid: boolean
  /** Of the object that the path ends with. */
  id?: number
  message: Message
}

/** One request, which the seed and what is known decide. */
export function drawRequest(seed: number, known: Known): Drawn {
  const [g] = fc.sample(fc.gen(), { seed, numRuns: 1 })
  const draw = <T>(arbitrary: fc.Arbitrary<T>): T => g!(() => arbitrary)
  const operation = draw(
    fc.oneof(
      ...operations.map((operation) => ({
        weight: SELDOM.includes(operation.operationId) ? 1 : 5,
        arbitrary: fc.constant(operation),
      })),
    ),
  )
  const draft = validDraft(operation, known, draw)
  const isValid = draw(fc.integer({ min: 1, max: 100 })) <= 45
  const count = isValid ? 0 : draw(fc.constantFrom(1, 1, 1, 2, 3))
  for (let round = 0; round < count; round++) draw(fc.constantFrom(...MUTATIONS))(draft, known, draw)
  return { operation, isValid, id: draft.id, message: messageOf(draft) }
}

function validDraft(operation: Operation, known: Known, draw: Draft['draw']): Draft {
  const { path, method, parameters = [], requestBody, security } = operation
  const ids = parameters
    .filter((parameter) => parameter.in === 'path')
    .map(({ name }) => [name, existingId(path, name, known, draw)] as const)
  const schema = (requestBody?.content['application/json'] as { schema: Schema } | undefined)?.schema
  const body = schema && draw(meaningfulBody(schema, known))
  for (const [name, id] of ids) if (body && name in body) body[name] = id
  if (body && operation.operationId === 'setUserPassword') delete body.current_password
  if (body && 'username' in body && 'password' in body && path !== '/api/users')
    Object.assign(body, draw(fc.constantFrom({ username: known.username }, {})))
  const [type = 'application/json'] = Object.keys(operation.responses[200]?.content ?? {})
  const scheme = Object.keys(security[0] ?? {})[0]
  return {
    operation,
    draw,
    method,
    path: ids.reduce((text, [name, id]) => text.replace(`{${name}}`, String(id)), path),
    id: ids.at(-1)?.[1],
    query: validQuery(operation, known, draw),
    headers: {
      Accept: type,
      // Each request comes from another address, so that the throttle of one does not refuse all.
      'X-Forwarded-For': draw(fc.ipV4()),
      ...(body && { 'Content-Type': 'application/json' }),
      ...(scheme === 'Token' && { Authorization: `Token ${known.token}` }),
      ...(scheme === 'Session' && { Cookie: `latchkey_session=${known.session}` }),
      ...(path === '/api/sessions/current' && { 'Sec-Fetch-Site': 'same-origin' }),
    },
    json: body,
    body: body && Buffer.from(JSON.stringify(body)),
  }
}

/** Sessions are those of the fuzzer's own user. */
function existingId(path: string, name: string, known: Known, draw: Draft['draw']): number {
  if (path.includes('{session}') && name === 'id') return known.userId
  const ids = known.idsOf(path.slice(0, path.indexOf(`/{${name}}`)))
  return ids.length > 0 ? draw(fc.constantFrom(...ids)) : 1
}

function validQuery({ parameters = [], path }: Operation, known: Known, draw: Draft['draw']): [string, string][] {
  const cursors = known.cursorsOf(path)
  if (cursors.length > 0 && draw(fc.nat(9)) === 0) return [['cursor', draw(fc.constantFrom(...cursors))]]
  const all = parameters.filter((parameter) => parameter.in === 'query' && parameter.name !== 'cursor')
  return draw(fc.subarray(all, { maxLength: Math.min(3, all.length) })).map(({ name, schema }) => [
    name,
    String(draw(validValue(schema as Schema))),
  ])
}

function messageOf({ method, path, query, headers, body }: Draft): Message {
  const search = query.map((pair) => pair.map(encoded).join('=')).join('&')
  return {
    method,
    path: search ? `${path}?${search}` : path,
    headers: {
      ...headers,
      ...(body && headers['Transfer-Encoding'] === undefined && { 'Content-Length': String(body.length) }),
    },
    body: body && Buffer.from(body),
  }
}

/** What a mutation has encoded in its own way already stays so. */
function encoded(text: string): string {
  return text.startsWith('raw:') ? text.slice(4) : encodeURIComponent(text.toWellFormed())
}
