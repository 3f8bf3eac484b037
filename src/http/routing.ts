import { readFileSync } from 'node:fs'
import { type IRoute, type Request, type RequestHandler, Router } from 'express'
import { HttpError, invalid } from '../platform/failures.js'
import { asksForPage, preferredOf, varyByAccept } from './accept.js'
import { requireKnownQuery } from './query.js'

/** The part of a schema that is used here and in body/. */
export interface Schema {
  $ref?: string
  allOf?: Schema[]
  nullable?: boolean
  type?: string
  format?: string
  minimum?: number
  maximum?: number
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  maxItems?: number
}

interface Parameter {
  name: string
  in: string
  schema: Schema
}

/** The part of an operation that this file uses. */
export interface Operation {
  operationId: string
  summary: string
  tags: string[]
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, unknown> }>
  /** Empty if the operation needs no credential. */
  security: Record<string, string[]>[]
  'x-required-scopes'?: string[]
  'x-widening-scopes'?: string[]
}

interface Resource {
  path: string
  pattern: RegExp
  /** The parameters in its path, in order, with their schemas. */
  parameters: Pick<Parameter, 'name' | 'schema'>[]
  operations: Map<string, Operation>
}

declare module 'express-serve-static-core' {
  interface Request {
    /** The operation of the document that the request is for. */
    operation: Operation
    pathParameters: Record<string, string>
  }
}

const document = JSON.parse(readFileSync(new URL('../../../spec/openapi.json', import.meta.url), 'utf8'))
export const schemas: Record<string, Schema> = document.components.schemas
/** `/api/tokens/current` would also match `/api/tokens/{id}`, so literal paths come first. */
const resources: Resource[] = Object.entries<Record<string, Operation>>(document.paths)
  .map(([path, operations]) => ({
    path,
    pattern: patternOf(path),
    parameters: pathParameters(path, operations),
    operations: new Map(Object.entries(operations).map(([method, operation]) => [method.toUpperCase(), operation])),
  }))
  .sort((a, b) => a.parameters.length - b.parameters.length)

/** In lower case, as the service makes them. */
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

const JSON_ALONE = ['application/json']

/**
 * What a client may accept, by operation. Generated clients name the types of all responses in the document, and some of them only
 * JSON and that of problems: so both are taken where a success is something else or has no body.
 */
const types = new Map(
  resources.flatMap(({ operations }) =>
    [...operations.values()].map((operation) => {
      const ofSuccess = successTypes(operation)
      const isJson = ofSuccess.includes('application/json')
      return [operation, isJson ? ofSuccess : [...ofSuccess, ...JSON_ALONE, 'application/problem+json']] as const
    }),
  ),
)

/**
 * Checks a request against the document before anything else: 404 for an unknown path, then 406, unknown query parameters,
 * OPTIONS, 405.
 */
export const operations: RequestHandler = (request, response, next) => {
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const found = matching(request.path, method)
  if (!found) throw new HttpError(404, 'Not found.')
  const [resource, values] = found

  const operation = resource.operations.get(method)
  if (operation) request.operation = operation
  if (!accepts(request, operation ? types.get(operation)! : JSON_ALONE) && !asksForPage(request))
    throw new HttpError(406, 'Could not satisfy the request Accept header.')
  requireKnownQuery(request, operation)

  if (method === 'OPTIONS') return void response.set('Allow', allowed(resource)).status(204).end()
  if (!operation)
    throw new HttpError(405, `Method "${request.method}" not allowed.`, { headers: { Allow: allowed(resource) } })
  refuseUnreadKey(request, operation)
  request.pathParameters = Object.fromEntries(
    resource.parameters.map(({ name }, index) => [name, decoded(values[index + 1]!)]),
  )
  response.set('Cache-Control', request.isCheck ? 'no-store' : 'private, no-cache')
  varyByAccept(response)
  next()
}

/**
 * Passes a request to the route of its operation, which `operations` has found. Express alone would try the path of every route
 * in turn, which costs a request as much as its authentication (measured).
 * @param register tsoa's generated function
 * @throws if an operation of the document has no route
 */
export function dispatch(register: (router: Router) => void): RequestHandler {
  const router = Router()
  register(router)
  const routes = new Map<Operation, IRoute>(
    listOperations().map(({ operation, method, path }) => [operation, routeIn(router, method, path)]),
  )
  return (request, response, next) => {
    request.params = request.pathParameters
    // Express hardly documents this: it runs the handlers of the route and catches what they throw.
    const route = routes.get(request.operation) as unknown as { dispatch: RequestHandler }
    return route.dispatch(request, response, next)
  }
}

/** The operation for a request, if the document has one. */
export function operationFor(method: string, path: string): Operation | undefined {
  return matching(path, method)?.[0].operations.get(method)
}

/** The methods of a path, with HEAD. Nothing if the document does not have the path. */
export function methodsAt(path: string): string[] | undefined {
  const methods = new Set(resources.filter((resource) => valuesIn(path, resource)).flatMap(methodsOf))
  return methods.size > 0 ? [...methods] : undefined
}

/** All operations, with the method in lower case and the path as in the document. */
export function listOperations(): { operation: Operation; method: string; path: string }[] {
  return resources.flatMap(({ path, operations }) =>
    [...operations].map(([method, operation]) => ({ operation, method: method.toLowerCase(), path })),
  )
}

export function operationNamed(operationId: string): Operation | undefined {
  return resources
    .flatMap(({ operations }) => [...operations.values()])
    .find((operation) => operation.operationId === operationId)
}

/** tsoa writes `/gettoken` for `/gettoken/`, and `:id` for `{id}`. */
function routeIn({ stack }: Router, method: string, path: string): IRoute {
  const wanted = path.replace(/\/$/, '').replace(/\{(\w+)\}/g, ':$1')
  const found = stack.find(
    ({ route }) => route?.path === wanted && route.stack.some((layer) => layer.method === method),
  )
  if (!found?.route) throw new Error(`the document's ${method} ${path} has no route: build it anew`)
  return found.route
}

/** A key may be a text such as `bulk`, which is also a path of its own for another method. */
function matching(path: string, method: string): [Resource, values: RegExpExecArray] | undefined {
  let first: [Resource, values: RegExpExecArray] | undefined
  for (const resource of resources) {
    const values = valuesIn(path, resource)
    if (!values) continue
    if (resource.operations.has(method)) return [resource, values]
    first ??= [resource, values]
  }
  return first
}

function valuesIn(path: string, { pattern, parameters }: Resource): RegExpExecArray | undefined {
  const values = pattern.exec(path)
  return values && parameters.every(({ schema }, index) => fits(values[index + 1]!, schema)) ? values : undefined
}

/**
 * An integer is a decimal of 32 bits, in its shortest form and in the range of its schema. tsoa's own check accepts `007` and
 * `+7`.
 */
function fits(text: string, schema: Parameter['schema']) {
  const { type, format, minimum = -(2 ** 31), maximum = 2 ** 31 - 1 } = schema
  if (format === 'uuid') return UUID.test(text)
  return type !== 'integer' || (/^(0|-?[1-9]\d{0,9})$/.test(text) && Number(text) >= minimum && Number(text) <= maximum)
}

function patternOf(path: string) {
  const bare = path.replace(/\/$/, '')
  return new RegExp(`^${bare.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '([^/]+)')}/?$`)
}

function pathParameters(path: string, operations: Record<string, Operation>): Resource['parameters'] {
  const parameters = Object.values(operations).flatMap((operation) => operation.parameters ?? [])
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    const { schema } = parameters.find((parameter) => parameter.name === name && parameter.in === 'path')!
    return {
      name: name!,
      schema: schema.$ref ? schemas[schema.$ref.split('/').at(-1)!]! : schema,
    }
  })
}

function allowed(resource: Resource) {
  return [...new Set([...methodsOf(resource), 'OPTIONS'])].sort().join(', ')
}

function methodsOf({ operations }: Resource) {
  return operations.has('GET') ? [...operations.keys(), 'HEAD'] : [...operations.keys()]
}

function successTypes({ responses }: Operation): string[] {
  return Object.entries(responses).flatMap(([status, { content = {} }]) =>
    status.startsWith('2') ? Object.keys(content) : [],
  )
}

/** A DELETE succeeds without a body, so that any `Accept` will do. */
function accepts({ method, headers: { accept } }: Request, types: string[]) {
  return method === 'DELETE' || !accept?.trim() || preferredOf(accept, types) !== undefined
}

function decoded(text: string): string {
  try {
    const value = decodeURIComponent(text)
    if (value.includes('\0')) throw new Error('no key has it')
    return value
  } catch {
    throw new HttpError(404, 'Not found.')
  }
}

/** A client that relies on its key must not think that it counts where it does not. */
function refuseUnreadKey({ headers }: Request, { parameters = [] }: Operation) {
  if (headers['idempotency-key'] !== undefined && !parameters.some(({ name }) => name === 'Idempotency-Key'))
    throw invalid({ 'Idempotency-Key': ['This operation takes no idempotency key.'] })
}
