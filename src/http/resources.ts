import type { Model } from 'sequelize'
import { checkedBody } from '../../build/routes.js'
import { type KnownResource, knownResources } from '../api/known-resources.js'
import { absentValues, storedValues } from '../api/values.js'
import { invalid } from '../platform/failures.js'
import { textErrors } from './body/text.js'
import { toHttpError } from './problems.js'
import { listOperations, type Schema, schemas } from './routing.js'

/** Tables of the service itself. They use `resource` too, but have controllers of their own kind. */
const NOT_PLAIN = ['users', 'groups', 'tokens', 'events', 'changes']

/** The member of a group's view that is counted and is not a column. */
const COUNTED = 'members'

/** A resource with its schemas from the document, for commands that read or write many rows. */
export interface DocumentedResource extends KnownResource {
  name: string
  /** The members of a row on the wire, with their schemas, in the order of the view. */
  shown: Record<string, Schema>
  /** The fields with which a row can be made, with their schemas, in the order of the wire type. */
  input: Record<string, Schema>
  /** The fields of `input` that are required. */
  required: string[]
  /**
   * Builds a row from a body in the API's form, and checks it against its wire type. The row is not stored, and checks that need
   * the database are not made yet.
   * @param beside values that the API does not accept: a key that was made here or elsewhere, or an owner
   * @throws {HttpError} 400 with a sentence for each field
   */
  rowOf: (body: object, beside?: object) => Model
}

/** Employees and the resources that were added, by name. Tables of people and of their credentials are not among them. */
export function plainResources(): Map<string, DocumentedResource> {
  const plain = [...knownResources].filter(([name]) => !NOT_PLAIN.includes(name))
  return new Map(plain.map(([name, known]) => [name, documented(name, known)]))
}

/**
 * As `plainResources`, and also users and groups.
 * @returns nothing if there is no such resource
 */
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

/** Replaces references by the schemas that they name. */
function resolved(properties: Record<string, Schema>): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, { allOf = [], ...schema }]) => {
      const { $ref } = { ...schema, ...allOf[0] }
      return [name, $ref === undefined ? schema : { ...schemas[nameOf({ schema: { $ref } })], ...schema }]
    }),
  )
}
