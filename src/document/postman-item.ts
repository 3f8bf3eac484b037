import type { Step } from './postman-steps.js'

export interface Operation {
  operationId: string
  method: string
  path: string
  tags: string[]
  summary: string
  description: string
  security: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: { $ref?: string; items?: { $ref?: string } } }> }
  responses: Record<string, unknown>
}

interface Parameter {
  name: string
  in: string
  required?: boolean
  description?: string
  example?: unknown
}

/** A request as the converter writes it. */
export interface Converted {
  request: {
    method: string
    url: { path: string[] }
    header: Pair[]
    body: { raw?: string; [kind: string]: unknown }
  }
  response: { name: string; status: string; code: number; header: Pair[]; body?: string; [kind: string]: unknown }[]
}

interface Pair {
  key: string
  value: string
}

/**
 * A request of the collection, with its expectations and the variables that it sets.
 * @param operations of the whole document, because other paths show whether a request makes something
 */
export function itemOf(step: Step, operation: Operation, { request, response }: Converted, operations: Operation[]) {
  const { security, description, summary, path } = operation
  const isClosed = security.some((requirement) => 'Token' in requirement)
  const isOfSession = path.startsWith('/api/sessions/')
  const optional = parametersIn('header', operation)
  const sent = {
    method: request.method,
    header: [...request.header.filter(({ key }) => !optional.some((pair) => pair.key === key)), ...pairs(step.headers)],
    url: urlOf(step.path ?? path),
    ...(request.body.raw && { body: { ...request.body, raw: bodyText(request.body.raw, step.body) } }),
  }
  return {
    name: step.name ?? summary,
    event: [{ listen: 'test', script: { type: 'text/javascript', exec: testScript(step, operation, operations) } }],
    // Postman keeps the cookie of the admin site. Without a token in the request, the cookie would decide who sends it.
    ...(!isClosed && !isOfSession && { protocolProfileBehavior: { disableCookies: true } }),
    request: {
      ...sent,
      description,
      header: [...sent.header, ...optional],
      url: { ...sent.url, query: sent.url.query ?? parametersIn('query', operation) },
      ...(!isClosed && { auth: { type: 'noauth' } }),
    },
    response: response
      .filter(({ code }) => code < 300)
      .map(({ header, ...saved }) => ({
        ...saved,
        id: undefined,
        originalRequest: sent,
        header: header.map(({ key, value }) => ({ key, value })),
      })),
  }
}

/** The collection variable for a path parameter, such as `users_id`. */
export function variableOf(path: string, parameter: string): string {
  const segments = path.split('/')
  return `${segments[segments.indexOf(`{${parameter}}`) - 1]}_${parameter}`
}

/** A path names an object that the collection has made, or that an earlier request has found. */
function urlOf(place: string) {
  const [path = '', search] = place.split('?')
  const segments = path.slice(1).split('/')
  const variable = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    key: name,
    value: `{{${variableOf(path, name!)}}}`,
  }))
  const spelt = segments.map((segment) => segment.replace(/^\{(.+)\}$/, ':$1'))
  const query = [...new URLSearchParams(search)].map(([key, value]) => ({ key, value }))
  return {
    raw: `{{baseUrl}}/${spelt.join('/')}${search ? `?${search}` : ''}`,
    host: ['{{baseUrl}}'],
    path: spelt,
    query: search ? query : undefined,
    variable,
  }
}

/** Optional parameters are off, with an example that can be switched on. */
function parametersIn(place: 'header' | 'query', { parameters = [] }: Operation) {
  return parameters
    .filter((parameter) => parameter.in === place)
    .map(({ name, description, example, required }) => ({
      key: name,
      value: String(example ?? ''),
      description,
      disabled: !required,
    }))
}

/** The fields of the examples, with those of the step. A variable for a number has no quotes. */
function bodyText(example: string, fields: Record<string, unknown> = {}): string {
  const parsed = JSON.parse(example)
  const examples = Array.isArray(parsed) ? parsed[0] : parsed
  const object = { ...examples, ...fields }
  const text = JSON.stringify(Array.isArray(parsed) ? [object] : object, null, 2)
  return Object.entries(fields)
    .filter(([name, value]) => typeof examples[name] === 'number' && typeof value === 'string')
    .reduce((text, [name, value]) => text.replace(`"${name}": "${value}"`, () => `"${name}": ${value}`), text)
}

/** Later requests know the object that was made, until it is deleted. */
function testScript({ keep, status }: Step, { method, path, responses }: Operation, operations: Operation[]): string[] {
  const expected = status ?? Object.keys(responses).find((code) => code.startsWith('2'))
  const one = operations.find((other) => other.path.replace(/\/\{\w+\}$/, '') === path && other.path !== path)?.path
  const id = lastParameter(method === 'post' ? one : path)
  const made = method === 'post' && id ? { [variableOf(one!, id)]: `.${id}` } : {}
  return [
    `pm.test('answers ${expected}', () => {`,
    `  pm.response.to.have.status(${expected})`,
    ...Object.entries({ ...made, ...keep }).map(
      ([name, place]) => `  pm.collectionVariables.set('${name}', pm.response.json()${place})`,
    ),
    ...(method === 'delete' && id ? [`  pm.collectionVariables.unset('${variableOf(path, id)}')`] : []),
    '})',
  ]
}

/** The parameter at the end of a path. */
function lastParameter(path = ''): string | undefined {
  return /\{(\w+)\}$/.exec(path)?.[1]
}

function pairs(record: Record<string, string> = {}): Pair[] {
  return Object.entries(record).map(([key, value]) => ({ key, value }))
}
