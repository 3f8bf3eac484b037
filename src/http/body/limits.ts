import { listOperations, type Operation, type Schema, schemas } from '../routing.js'

/** What a body may have in it, which is read before anybody knows whose it is. */
export interface Limits {
  bytes: number
  /** Members and elements. */
  values: number
}

const KILOBYTE = 1024

/** Of an operation that needs no credential: everybody's. */
const OPEN = 8 * KILOBYTE
const CLOSED = 64 * KILOBYTE

/** Of an operation that takes many rows: read only once it is known who sends them. */
const BULK = 1024 * KILOBYTE

/** Values more than a right body has, so that a wrong one is told field by field. */
const SPARE = 100

/** Elements of a list without a maximum. */
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

/** Whether a list of rows is taken. */
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
