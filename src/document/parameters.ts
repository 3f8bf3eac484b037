import { parameterWords } from './words.js'

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
}

/** Their first row is there from the start: one's own account, the group of everyone, one's own token. */
const NEVER_EMPTY = ['/api/users', '/api/groups', '/api/tokens']

export const ETAG = '"wYo3hUB6h3kSg8cEk2sQzA"'

/** Examples of what many operations take. */
const EXAMPLES: Record<string, unknown> = {
  'If-Match': ETAG,
  'Idempotency-Key': '4f1c2a9e-create-101',
  validate: true,
}

/** Gives a parameter its words and its example. Pages that try operations out send the id of a path as it stands: so it is one that is there. */
export function finishedParameter(parameter: Parameter, place: Place): Parameter {
  const { example: own, ...told } = parameter
  const rest = { ...told, description: told.description ?? parameterWords(parameter.name) }
  const schema = named(parameter.schema)
  if (parameter.in === 'path') return { ...rest, schema, example: own ?? idOf(parameter, place) }
  const { example: shared, ...bare } = resolved(schema, place.schemas)
  const example = own ?? EXAMPLES[parameter.name] ?? filterOf(parameter, place) ?? shared
  return {
    ...rest,
    schema: { ...withFormat(bare), ...referenceOf(parameter, place) },
    ...(example !== undefined && { example }),
  }
}

/** What is changed or deleted is what the example of the operation that makes one has made. */
function idOf({ schema }: Parameter, { path, method, schemas }: Place): unknown {
  const collection = path.slice(0, path.indexOf('/{'))
  if (collection === '/api/scopes') return 'reports:read'
  const { example } = resolved(schema, schemas)
  return NEVER_EMPTY.includes(collection) && method !== 'get' ? Number(example) + 1 : example
}

/** `salary_min` is an example with the salary of the example's row. */
function filterOf({ name, schema }: Parameter, { row, schemas }: Place): unknown {
  const property = row && resolved(row, schemas).properties?.[name.replace(/_(min|max|contains)$/, '')]
  const example = (property && resolved(property, schemas).example) ?? undefined
  return example !== undefined && resolved(schema, schemas).type === 'number' ? Number(example) : example
}

/** A filter by what a property refers to refers to the same. */
function referenceOf({ name }: Parameter, { row, schemas }: Place) {
  const target = row && resolved(row, schemas).properties?.[name]?.['x-references']
  return target === undefined ? {} : { 'x-references': target }
}

/** `-salary` is no name in any language, so the generators are given one. */
function named(schema: Schema): Schema {
  const names = schema.enum?.map((value) => value.replace(/^-(.*)$/, '$1_descending'))
  return schema.enum?.some((value) => value.startsWith('-')) ? { ...schema, 'x-enum-varnames': names } : schema
}

export function resolved(schema: Schema, schemas: Record<string, Schema>): Schema {
  return schema.$ref ? schemas[schema.$ref.split('/').at(-1)!]! : schema
}

/** A day and a UUID are told by their format: generators for Python choke on a pattern beside it. */
export function withFormat({ pattern, ...schema }: Schema): Schema {
  const isTold = schema.format === 'date' || schema.format === 'uuid'
  return isTold || pattern === undefined ? schema : { ...schema, pattern }
}
