import { readFileSync, writeFileSync } from 'node:fs'
import { SCOPE } from '../identity/scopes/grammar.js'
import { ETAG, finishedParameter, type Parameter, resolved, type Schema } from './parameters.js'
import { header, problem, type ResponseObject } from './responses.js'
import { finishedSchemas, used } from './schemas.js'
import { scopeWords, wordsOf } from './words.js'

// A build step: tsoa writes build/openapi.json from the controllers, this writes spec/openapi.json from that.

interface Operation {
  operationId: string
  tags: string[]
  summary: string
  description: string
  security?: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, ResponseObject>
  'x-required-scopes'?: string[]
  'x-widening-scopes'?: string[]
}

interface Document {
  openapi: string
  info: Record<string, unknown>
  tags: { name: string; description: string }[]
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; [kind: string]: unknown }
}

const ETAG_WORDS =
  'For `If-None-Match`, which compares all of it, and `If-Match`. Where there is a point in it, `If-Match` compares what stands ' +
  'behind the point, which changes only with what can be edited.'

/** Whoever reads or runs the document from the top needs a token for what follows. */
const FIRST = '/gettoken/'

/** tsoa knows one content type an operation; DRF's sign-in takes forms too, and RFC 7662 knows nothing else. */
const FORMS: Record<string, string[]> = {
  '/gettoken': ['application/x-www-form-urlencoded', 'multipart/form-data'],
  '/api/introspect': ['application/x-www-form-urlencoded'],
}

const root = new URL('../../../', import.meta.url)
const raw: Document = JSON.parse(readFileSync(new URL('build/openapi.json', root), 'utf8'))
const { version, license } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
writeFileSync(new URL('spec/openapi.json', root), `${JSON.stringify(finished(raw), null, 2)}\n`)

writeFileSync(
  new URL('spec/gitleaks.toml', root),
  `# For gitleaks: finds latchkey's tokens. Generated; \`latchkey token scan\` also checks the checksum and tells which are live.
[[rules]]
id = "latchkey-token"
description = "Latchkey token"
regex = '''\\blks?_[0-9A-Za-z]{49}\\b'''
keywords = ["lk_", "lks_"]
`,
)

/** OpenAPI 3.0.3, because most generators of clients degrade on 3.1. */
function finished(document: Document): Document {
  const paths = Object.entries(document.paths)
    .map(([path, operations]) => [spelling(path), finishedPath(path, operations, document)] as const)
    .sort(([a], [b]) => Number(b === FIRST) - Number(a === FIRST) || (a < b ? -1 : 1))
  const { schemas, ...components } = document.components
  return {
    openapi: '3.0.3',
    info: {
      title: 'Latchkey',
      version,
      description:
        'Tokens for people and programs, and the resources behind them. Get a token with `POST /gettoken/` and send it as `Authorization: Token <value>`.',
      license: { name: license, url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: '/' }],
    tags: tagsOf(paths.flatMap(([, operations]) => Object.values(operations))),
    paths: Object.fromEntries(paths),
    components: {
      schemas: used(Object.fromEntries(paths), {
        ...finishedSchemas(schemas, keysOf(document)),
        Scope: { ...schemas.Scope, pattern: SCOPE.source },
      }),
      securitySchemes: components.securitySchemes,
    },
  }
}

/** An example of each resource's key: that of the row which its create makes. */
function keysOf({ paths, components }: Document): Record<string, unknown> {
  const keys = Object.entries(paths).flatMap(([path, operations]) => {
    const { tags, parameters = [] } = Object.values(operations)[0]!
    const [, collection, name] = /^(.+)\/\{(\w+)\}$/.exec(path) ?? []
    const key = collection! in paths && parameters.find((parameter) => parameter.name === name)
    return key ? [[tags[0]!, key.example ?? resolved(key.schema, components.schemas).example]] : []
  })
  return Object.fromEntries(keys)
}

/** A tag is described by the first operation that only reads: what it lists. */
function tagsOf(operations: Operation[]) {
  const names = [...new Set(operations.flatMap(({ tags }) => tags))].sort(
    (a, b) => rank(a) - rank(b) || a.localeCompare(b),
  )
  return names.map((name) => {
    const own = operations.filter(({ tags }) => tags.includes(name))
    return { name, description: (own.find(({ requestBody }) => !requestBody) ?? own[0]!).description.split('\n')[0]! }
  })
}

/** Whoever opens the docs needs a token first. */
function rank(tag: string) {
  return tag === 'tokens' ? 0 : 1
}

/** tsoa drops the slash that the walkthrough writes. */
function spelling(path: string) {
  return ['/gettoken', '/api'].includes(path) ? `${path}/` : path
}

function finishedPath(path: string, operations: Record<string, Operation>, { paths, components }: Document) {
  const { schemas } = components
  const isPlain = `${path.replace(/\/\{\w+\}$/, '')}/bulk` in paths
  return Object.fromEntries(
    Object.entries(operations).map(([method, operation]) => [
      method,
      finishedOperation({ path, method, schemas, isPlain }, operation),
    ]),
  )
}

interface Place {
  path: string
  method: string
  schemas: Record<string, Schema>
  /** It is one of the operations that every resource of the kit has. */
  isPlain: boolean
}

function finishedOperation({ path, method, schemas, isPlain }: Place, operation: Operation): Operation {
  const { security = [], responses, requestBody, parameters = [], ...own } = operation
  const rest = { ...wordsOf(operation.operationId), ...own } as Operation
  const scopes = security.flatMap((requirement) => requirement.Token ?? [])
  const isClosed = security.length > 0
  // A check: of the request it looks at the path and the token alone.
  const isReduced = scopes.includes('{scope}')
  const fixed = isReduced ? [] : scopes
  const isObject = path.includes('{')
  const hasBody = requestBody !== undefined
  const isBulk = requestBody?.content['application/json']?.schema.type === 'array'
  const isConditional = parameters.some(({ name }) => name === 'If-Match')
  const errors = {
    400: !isReduced,
    401: isClosed,
    403: scopes.length > 0 || '403' in responses || (!isClosed && method !== 'get'),
    404: isObject || '404' in responses,
    406: !isReduced && method !== 'delete',
    // A value of a resource may be unique, and others may refer to what is deleted.
    409: '201' in responses || '409' in responses || (isPlain && method !== 'get'),
    412: isConditional,
    413: hasBody,
    415: hasBody,
    422: parameters.some(({ name }) => name === 'Idempotency-Key'),
    429: true,
    503: true,
  }
  const possible = Object.entries(errors).flatMap(([status, happens]) =>
    happens ? [[status, problem(status, { isRetriable: errors[422], isClosed, isBulk })] as const] : [],
  )
  return {
    ...rest,
    description: rest.description + scopeWords(fixed, operation['x-widening-scopes'] ?? []),
    security: security.map((requirement) => ({ [Object.keys(requirement)[0]!]: [] })),
    ...(fixed.length > 0 && { 'x-required-scopes': fixed }),
    ...(parameters.length > 0 && {
      parameters: parameters.map((parameter) =>
        finishedParameter(parameter, { path, method, row: rowOf(responses), schemas }),
      ),
    }),
    ...(hasBody && { requestBody: withForm(path, requestBody) }),
    responses: {
      ...withHeaders({ operationId: operation.operationId, method, isObject }, parameters, responses),
      ...(isBulk && {
        204: { description: 'Nothing was stored: `validate` was asked for, and all rows would be taken' },
      }),
      ...Object.fromEntries(possible),
    },
  }
}

/** A list gives an array of these. */
function rowOf(responses: Record<string, ResponseObject>): Schema | undefined {
  const { schema } = (responses[200]?.content?.['application/json'] ?? {}) as { schema?: Schema }
  return schema?.items
}

function withForm(path: string, { content, ...rest }: { content: Record<string, { schema: Schema }> }) {
  const forms = FORMS[path] ?? []
  const same = Object.fromEntries(forms.map((type) => [type, content['application/json']!]))
  return { ...rest, content: { ...content, ...same } }
}

function withHeaders(
  { operationId, method, isObject }: { operationId: string; method: string; isObject: boolean },
  parameters: { name: string }[],
  responses: Record<string, ResponseObject>,
) {
  const isList = parameters.some(({ name }) => name === 'limit')
  const added: Record<string, unknown> = {
    ...(isList && {
      Link: header(
        'The next page, `rel="next"`, and the one before, `rel="prev"` (RFC 8288)',
        '</api/emp_viewset?cursor=WyJlbXBpZCJd>; rel="next"',
      ),
      'X-Total-Count': header('How many rows match in all, with `count=true`', '2'),
    }),
    ...(['replaceUser', 'updateUser'].includes(operationId) && {
      'Tokens-Woken': header('How many tokens work again, where the user was enabled', '2'),
    }),
    ...(isObject && method !== 'delete' && { ETag: header(ETAG_WORDS, ETAG) }),
  }
  // tsoa calls what is streamed base64.
  const text = { schema: { type: 'string' } }
  const isOne = (response: ResponseObject) => rowOf({ 200: response }) === undefined
  const created = { Location: header('Where the new object is', '/api/emp_viewset/101') }
  return Object.fromEntries(
    Object.entries(responses)
      .filter(([status]) => status.startsWith('2'))
      .map(([status, response]) => {
        const headers = { ...(response.content && added), ...(status === '201' && isOne(response) && created) }
        const media = response.content?.['text/plain']
        const content = media ? { 'text/plain': { ...media, ...text } } : response.content
        return [
          status,
          { ...response, ...(content && { content }), ...(Object.keys(headers).length > 0 && { headers }) },
        ]
      }),
  )
}
