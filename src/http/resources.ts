import type { Model } from 'sequelize'
import { checkedBody } from '../../build/routes.js'
import { type KnownResource, knownResources } from '../api/known-resources.js'
import { absentValues, storedValues } from '../api/values.js'
import { invalid } from '../platform/failures.js'
import { textErrors } from './body/text.js'
import { toHttpError } from './problems.js'
import { listOperations, type Schema, schemas } from './routing.js'

/** Tables of the service itself that are made with `resource` too, but written in ways of their own. */
const NOT_PLAIN = ['users', 'groups', 'tokens', 'events', 'changes']

/** What is counted for the view of a group, and is no part of its row. */
const COUNTED = 'members'

/** A resource with what the document says of it, for commands that read or write many of its rows. */
export interface DocumentedResource extends KnownResource {
  name: string
  /** What a row has on the wire, in the order of the view, with its schema. */
  shown: Record<string, Schema>
  /** What may be given to make a row, with its schema, in the order of the wire type. */
  input: Record<string, Schema>
  /** Those of `input` without which no row is made. */
  required: string[]
  /**
   * A row that is given as the API takes it, held to its wire type; it is built and not stored, and what the database has to be
   * asked for is not asked yet.
   * @param beside the body what the API does not take: a key that was made here or elsewhere, or an owner
   * @throws {HttpError} 400 with a sentence for each field
   */
  rowOf: (body: object, beside?: object) => Model
}

/** Employees and what was added, by name; and no table that holds people or what they are let in by. */
export function plainResources(): Map<string, DocumentedResource> {
  const plain = [...knownResources].filter(([name]) => !NOT_PLAIN.includes(name))
  return new Map(plain.map(([name, known]) => [name, documented(name, known)]))
}

/** Also users and groups. @returns nothing where there is no such resource */
export function documentedResource(name: string): DocumentedResource | undefined {
  const known = knownResources.get(name)
  return known && documented(name, known)
}

function documented(name: string, known: KnownResource): DocumentedResource {
  const operations = listOperations()
  const list = operations.find(
    ({ operation: { operationId, tags }, path }) =>
      tags.includes(name) && operationId.startsWith('list') && !path.includes('{'),
  )!
  const created = operations.find(({ method, path }) => method === 'post' && path === list.path)!
  const { requestBody, responses } = created.operation
  const type = nameOf(requestBody!.content['application/json']!)
  const { properties = {}, required = [] } = schemas[type]!
  const view = nameOf(responses[201]!.content!['application/json'] as { schema: Schema })
  const stored = Object.entries(schemas[view]!.properties!).filter(
    ([property]) => name !== 'groups' || property !== COUNTED,
  )
  return {
    ...known,
    name,
    shown: resolved(Object.fromEntries(stored)),
    input: resolved(properties),
    required,
    rowOf: (body, beside = {}) =>
      known.model.build({
        ...absentValues(known.model),
        ...storedValues(known.model, checked(type, body)),
        ...beside,
      } as never),
  }
}

function checked(type: string, body: object): object {
  const errors = textErrors(body)
  if (Object.keys(errors).length > 0) throw invalid(errors)
  try {
    return checkedBody(type, body)
  } catch (error) {
    throw toHttpError(error)
  }
}

function nameOf({ schema }: { schema: Schema }): string {
  return schema.$ref!.split('/').at(-1)!
}

/** With the schemas themselves where they refer to others. */
function resolved(properties: Record<string, Schema>): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, { allOf = [], ...schema }]) => {
      const { $ref } = { ...schema, ...allOf[0] }
      return [name, $ref === undefined ? schema : { ...schemas[nameOf({ schema: { $ref } })], ...schema }]
    }),
  )
}
