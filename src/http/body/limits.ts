import { listOperations, type Operation, type Schema, schemas } from '../routing.js'

/** The limits of a body, which is read before anybody knows who sent it. */
export interface Limits {
  bytes: number
  /** Members and elements. */
  values: number
}

const KILOBYTE = 1024

/** For an operation that needs no credential and is open to everybody. */
const OPEN = 8 * KILOBYTE
const CLOSED = 64 * KILOBYTE

/** For an operation that takes many rows. Its body is read only when it is known who sends it. */
const BULK = 1024 * KILOBYTE

/** How many more values than a correct body are allowed, so that a wrong one gets an error for each field. */
const SPARE = 100

/** The most elements of a list that has no maximum of its own. */
const ELEMENTS = 100

const limits = new Map<Operation, Limits>(
  listOperations().map(({ operation }) => [
    operation,
    {
      bytes: isBulk(operation) ? BULK : operation.security.length > 0 ? CLOSED : OPEN,
      values: SPARE + mostIn(operation),
    },
  ]),
)

export function limitsOf(operation: Operation): Limits {
  return limits.get(operation)!
}

/** Whether the operation takes a list of rows. */
export function isBulk({ requestBody }: Operation): boolean {
  return requestBody?.content['application/json']?.schema.type === 'array'
}

function mostIn({ requestBody }: Operation): number {
  return Math.max(0, ...Object.values(requestBody?.content ?? {}).map(({ schema }) => valuesOf(schema)))
}

function valuesOf(schema: Schema): number {
  const { $ref, properties = {}, items, maxItems = ELEMENTS } = schema
  if ($ref) return valuesOf(schemas[$ref.split('/').at(-1)!]!)
  if (items) return 1 + maxItems * valuesOf(items)
  return 1 + Object.values(properties).reduce((sum, property) => sum + valuesOf(property), 0)
}
