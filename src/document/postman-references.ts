import { type Operation, variableOf } from './postman-item.js'
import { DETAILS, type Step } from './postman-steps.js'

interface Property {
  'x-references'?: string
  nullable?: boolean
}

export type Schemas = Record<string, { properties?: Record<string, Property> }>

/** The requests that a folder needs, so that the rows exist to which its own must refer. */
export interface Referred {
  /** What makes them, and what they refer to before them. */
  before: Step[]
  after: Step[]
  /** Fields of a body of that operation: the keys of what was made. */
  bodyOf: (operation: Operation) => Record<string, string>
}

/** @param tag of the folder */
export function referredBy(tag: string, operations: Operation[], schemas: Schemas): Referred {
  const bodyOf = (operation: Operation) =>
    Object.fromEntries(
      Object.entries(targetsOf(operation, schemas)).map(([name, target]) => [name, `{{${keyOf(target, operations)}}}`]),
    )
  const made = targetsBelow(tag, operations, schemas, [tag]).map((target) => {
    const create = theOne(operations, target, ({ path, method }) => method === 'post' && isCollection(path, operations))
    const remove = theOne(
      operations,
      target,
      ({ path, method }) => method === 'delete' && path === rowOf(target, operations),
    )
    const { body } = DETAILS[create.operationId] ?? {}
    return {
      before: {
        operationId: create.operationId,
        name: `${create.summary} to refer to`,
        body: { ...body, ...bodyOf(create) },
      },
      after: { operationId: remove.operationId, name: `${remove.summary} that was referred to` },
    }
  })
  return { before: made.map(({ before }) => before), after: made.map(({ after }) => after).reverse(), bodyOf }
}

/** The targets, by the field that must refer to one. */
function targetsOf({ requestBody }: Operation, schemas: Schemas): Record<string, string> {
  const { $ref, items } = requestBody?.content['application/json']?.schema ?? {}
  const { properties = {} } = schemas[(items?.$ref ?? $ref ?? '').split('/').at(-1)!] ?? {}
  const found = Object.entries(properties).flatMap(([name, { 'x-references': target, nullable }]) =>
    target !== undefined && !nullable ? [[name, target]] : [],
  )
  return Object.fromEntries(found)
}

/** Each target once, after those that it refers to itself. */
function targetsBelow(tag: string, operations: Operation[], schemas: Schemas, above: string[]): string[] {
  const direct = operations
    .filter(({ tags, method }) => tags.includes(tag) && method === 'post')
    .flatMap((operation) => Object.values(targetsOf(operation, schemas)))
    .filter((target) => !above.includes(target))
  return [
    ...new Set(direct.flatMap((target) => [...targetsBelow(target, operations, schemas, [...above, target]), target])),
  ]
}

/** The collection variable with the key of the new object. */
function keyOf(tag: string, operations: Operation[]): string {
  const path = rowOf(tag, operations)
  return variableOf(path, /\{(\w+)\}$/.exec(path)![1]!)
}

function rowOf(tag: string, operations: Operation[]): string {
  return theOne(
    operations,
    tag,
    ({ path }) => isCollection(path.replace(/\/\{\w+\}$/, ''), operations) && path.endsWith('}'),
  ).path
}

/** Whether rows are below the path by their key alone. */
function isCollection(path: string, operations: Operation[]): boolean {
  return operations.some((other) => other.path.replace(/\/\{\w+\}$/, '') === path && other.path !== path)
}

function theOne(operations: Operation[], tag: string, is: (operation: Operation) => boolean): Operation {
  return operations.find((operation) => operation.tags.includes(tag) && is(operation))!
}
