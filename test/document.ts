import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import { PROBLEMS } from '../src/platform/failures.js'

export interface Operation {
  tags: string[]
  operationId: string
  method: string
  path: string
  summary?: string
  description?: string
  security: Record<string, string[]>[]
  'x-required-scopes'?: string[]
  parameters?: {
    name: string
    in: string
    description?: string
    required?: boolean
    example?: unknown
    schema: { enum?: string[]; type?: string; example?: unknown; $ref?: string }
  }[]
  requestBody?: { content: Record<string, object> }
  responses: Record<string, DeclaredResponse>
}

interface DeclaredResponse {
  $ref?: string
  description: string
  content?: Record<string, { schema: object; example?: unknown }>
  headers?: Record<string, object>
}

export const document = JSON.parse(readFileSync('spec/openapi.json', 'utf8'))

/** With the responses that stand in `components` in their places. */
export const operations: Operation[] = Object.entries<Record<string, Operation>>(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      responses: Object.fromEntries(
        Object.entries(operation.responses).map(([status, response]) => [status, responseOf(response)]),
      ),
      method: method.toUpperCase(),
      path,
    })),
)

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true }).addSchema(document, 'document')
const validators = new Map<string, ValidateFunction>()

/** @returns what is wrong with an answer when it is held against the document; nothing for paths outside it */
export function violation(
  method: string,
  url: string,
  answer: { status: number; type: string; text: string; hasETag: boolean },
): string | undefined {
  const operation = operationOf(method === 'HEAD' ? 'GET' : method, new URL(url).pathname)
  if (!operation || answer.status === 405) return undefined
  const declared = operation.responses[answer.status === 500 ? 'default' : answer.status]
  const name = `${operation.operationId} ${answer.status}`
  if (!declared) return `${name}: this status is not declared`
  if (answer.hasETag !== 'ETag' in (declared.headers ?? {}))
    return `${name}: an ETag is ${answer.hasETag ? 'not declared' : 'lacking'}`
  if (method === 'HEAD' || answer.text === '')
    return declared.content && method !== 'HEAD' ? `${name}: no body` : undefined
  const type = answer.type.split(';')[0]!
  if (!declared.content?.[type]) return `${name}: the type ${type} is not declared`
  const schema = JSON.stringify(declared.content[type].schema).replaceAll('"#/', '"document#/')
  const validate = validators.get(schema) ?? ajv.compile(JSON.parse(schema))
  validators.set(schema, validate)
  return validate(type === 'text/plain' ? answer.text : JSON.parse(answer.text))
    ? undefined
    : `${name}: ${ajv.errorsText(validate.errors)}`
}

/** What a stack trace, a statement or a path of ours has in it. */
const INSIDE = /node_modules|\bat \S+ \(|\.[jt]s:\d+|sequelize|sqlite_|SELECT .+ FROM|relation "|\/build\/src\//i

/** What is wrong with a refusal, whatever was asked for: each has one shape, and tells nothing of the inside. */
export function refusalViolation({ status, type, text }: { status: number; type: string; text: string }) {
  if (status < 400 || text === '') return undefined
  if (type !== 'application/problem+json') return `${status}: its type is ${type}`
  const problem = JSON.parse(text)
  const { name, title } = PROBLEMS[status] ?? {}
  const isKnown = problem.status === status && problem.title === title && problem.type === `/docs/problems/${name}`
  if (!isKnown) return `${status}: it is no problem of the list: ${text}`
  const [inside] = INSIDE.exec(text) ?? []
  return inside && `${status}: it tells of the inside: ${inside}`
}

/** A body that the document calls valid, made of its examples. */
export function exampleBody(operation: Operation): object | undefined {
  const { isArray, properties, required = [] } = schemaOf(operation)
  if (!properties) return undefined
  const object = Object.fromEntries(required.map((name) => [name, exampleIn(properties[name]!)]))
  return isArray ? [object] : object
}

interface BodySchema {
  /** Of a bulk create: the rest is that of a row. */
  isArray?: boolean
  properties?: Record<string, Property>
  required?: string[]
}

interface Property {
  $ref?: string
  example?: unknown
  enum?: unknown[]
  format?: string
  nullable?: boolean
  'x-references'?: string
}

/** What an operation takes as its JSON body. */
export function schemaOf({ requestBody }: Operation): BodySchema {
  const content = requestBody?.content['application/json'] as { schema: { $ref?: string; items?: { $ref: string } } }
  if (!content) return {}
  const { $ref, items } = content.schema
  return { ...resolved(items ?? { $ref: $ref! }), isArray: items !== undefined }
}

function responseOf(response: DeclaredResponse): DeclaredResponse {
  return response.$ref ? document.components.responses[response.$ref.split('/').at(-1)!] : response
}

function resolved({ $ref }: { $ref: string }) {
  return document.components.schemas[$ref.split('/').at(-1)!]
}

function exampleIn(property: Property): unknown {
  if (property.$ref) return exampleIn(resolved({ $ref: property.$ref }))
  return property.example ?? property.enum?.[0]
}

function operationOf(method: string, path: string): Operation | undefined {
  return operations
    .filter((operation) => operation.method === method && patternOf(operation).test(path))
    .sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')))[0]
}

function patternOf({ path, parameters = [] }: Operation) {
  const bare = path.replace(/\/$/, '').replace(/\{(\w+)\}/g, (_, name) => {
    const { schema } = parameters.find((parameter) => parameter.name === name)!
    const { type } = schema.$ref ? resolved({ $ref: schema.$ref }) : schema
    return type === 'string' ? '[^/]+' : '-?\\d+'
  })
  return new RegExp(`^${bare}/?$`)
}
