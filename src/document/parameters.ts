import { nounOf, parameterWords } from './words.js'

export interface Schema {
  type?: string
  enum?: string[]
  anyOf?: Schema[]
  allOf?: Schema[]
  properties?: Record<string, Schema>
  items?: Schema
  $ref?: string
  example?: unknown
  [key: string]: unknown
}

export interface Parameter {
  name: string
  in: string
  description?: string
  required?: boolean
  schema: Schema
  example?: unknown
}

interface Place {
  path: string
  method: string
  /** What an example says of the response's rows: filters are named after their properties. */
  row?: Schema
  schemas: Record<string, Schema>
  /** Of the operation: what its resource is called. */
  tag: string
}

/** Collections with a row from the start: the first account, the group `everyone`, the first token. */
const NEVER_EMPTY = ['/api/users', '/api/groups', '/api/tokens']

export const ETAG = '"wYo3hUB6h3kSg8cEk2sQzA"'

/** Examples of parameters that many operations have. */
const EXAMPLES: Record<string, unknown> = {
  'If-Match': ETAG,
  'Idempotency-Key': '4f1c2a9e-create-101',
  validate: true,
}

/**
 * Gives a parameter its text and its example. Pages that try out operations send the example id of a path as it is, so it is one
 * that exists.
 */
export function finishedParameter(parameter: Parameter, place: Place): Parameter {
  const { example: own, ...told } = parameter
  const { name, schema } = parameter
  const rest = { ...told, description: told.description ?? parameterWords(name, nounOf(place.tag), parameter.in) }
  if (parameter.in === 'path') return { ...rest, schema, example: own ?? idOf(parameter, place) }
  const type = resolved(schema, place.schemas)
  const example = own ?? EXAMPLES[name] ?? filterOf(parameter, place) ?? type.example
  const { example: _shared, ...bare } = type
  return {
    ...rest,
    schema: type.enum ? schema : { ...withFormat(bare), ...referenceOf(parameter, place) },
    ...(example !== undefined && { example }),
  }
}

/** The object that is changed or deleted is the one that the example of the create has made. */
function idOf({ schema }: Parameter, { path, method, schemas }: Place): unknown {
  const collection = path.slice(0, path.indexOf('/{'))
  if (collection === '/api/scopes') return 'reports:read'
  return (method !== 'get' ? idIn(collection) : undefined) ?? resolved(schema, schemas).example
}

/** The id that the first create makes in a collection with a row from the start. */
export function idIn(collection: string): number | undefined {
  return NEVER_EMPTY.includes(collection) ? 2 : undefined
}

/** The example of a filter: `salary_min` has the salary of the row in the example. */
function filterOf({ name, schema }: Parameter, { row, schemas }: Place): unknown {
  const property = row && resolved(row, schemas).properties?.[name.replace(/_(min|max|contains)$/, '')]
  const example = (property && resolved(property, schemas).example) ?? undefined
  return example !== undefined && resolved(schema, schemas).type === 'number' ? Number(example) : example
}

/** A filter by a reference refers to the same resource as the property. */
function referenceOf({ name }: Parameter, { row, schemas }: Place) {
  const target = row && resolved(row, schemas).properties?.[name]?.['x-references']
  return target === undefined ? {} : { 'x-references': target }
}

export function resolved(schema: Schema, schemas: Record<string, Schema>): Schema {
  return schema.$ref ? schemas[schema.$ref.split('/').at(-1)!]! : schema
}

/** A day and a UUID only have their format, because generators for Python fail on a pattern in addition. */
export function withFormat({ pattern, ...schema }: Schema): Schema {
  const isTold = schema.format === 'date' || schema.format === 'uuid'
  return isTold || pattern === undefined ? schema : { ...schema, pattern }
}
