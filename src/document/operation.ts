import { exampleOf, wholeExample } from './examples.js'
import { ETAG, finishedParameter, type Parameter, type Schema } from './parameters.js'
import { type ErrorResponses, header, type Kind, type Media, type Reference, type ResponseObject } from './responses.js'
import { pageWords, scopeWords, wordsOf } from './words.js'

export interface Operation {
  operationId: string
  tags: string[]
  summary: string
  description: string
  security?: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, ResponseObject | Reference>
  'x-required-scopes'?: string[]
  'x-widening-scopes'?: string[]
}

/** The place of an operation in the document. */
export interface Place {
  path: string
  method: string
  schemas: Record<string, Schema>
  /** It is one of the operations that every resource of the kit has. */
  isPlain: boolean
  errors: ErrorResponses
}

const ETAG_WORDS =
  'Identifies this version. Send it back as `If-None-Match` or `If-Match`. If the tag contains a dot, `If-Match` compares only ' +
  'the part after the dot. That part changes only when a field that you can edit changes.'

/** tsoa knows one content type per operation. DRF's sign-in also takes forms, and RFC 7662 only allows them. */
const FORMS: Record<string, string[]> = {
  '/gettoken': ['application/x-www-form-urlencoded', 'multipart/form-data'],
  '/api/introspect': ['application/x-www-form-urlencoded'],
}

/** These change nothing. They are POST because a token must not be in a URL. */
const READING = ['introspectToken', 'lookupToken']

/** A check has no body, and the metrics change with every request. */
const UNTAGGED = ['checkToken', 'getMetrics']

/** Completes an operation of tsoa's with errors, headers, examples and texts. */
export function finishedOperation(operation: Operation, place: Place): Operation {
  const { path, method, schemas } = place
  const { security = [], requestBody, parameters = [], ...own } = operation
  const responses = operation.responses as Record<string, ResponseObject>
  const rest = { ...wordsOf(operation.operationId), ...own } as Operation
  const scopes = security.flatMap((requirement) => requirement.Token ?? [])
  // A check only looks at the path and the token of the request.
  const isReduced = scopes.includes('{scope}')
  const fixed = isReduced ? [] : scopes
  const told = parameters.map((parameter) =>
    finishedParameter(parameter, { path, method, row: rowOf(responses), schemas, tag: operation.tags[0]! }),
  )
  const body = requestBody && withForm(path, withOneRow(requestBody, schemas))
  const kind = {
    isRetriable: parameters.some(({ name }) => name === 'Idempotency-Key'),
    isClosed: security.length > 0,
    hasBody: requestBody !== undefined,
    isBulk: requestBody?.content['application/json']?.schema.type === 'array',
    scopes: isReduced ? [CHECKED] : scopes,
    own: Object.fromEntries(Object.entries(responses).map(([status, { description }]) => [status, description])),
  }
  const statuses = errorStatuses(operation, place, kind, isReduced)
  return {
    ...rest,
    description:
      rest.description +
      pageWords(parameters, rowOf(responses)) +
      scopeWords(fixed, operation['x-widening-scopes'] ?? []),
    security: security.flatMap(credentials),
    ...(fixed.length > 0 && { 'x-required-scopes': fixed }),
    ...(told.length > 0 && { parameters: told }),
    ...(body && { requestBody: body }),
    responses: {
      ...successes(operation, place, told, kind),
      ...(method === 'get' &&
        !UNTAGGED.includes(operation.operationId) && { 304: { $ref: '#/components/responses/NotModified' } }),
      ...Object.fromEntries(statuses.map((status) => [status, place.errors.reference(status, kind)])),
      default: place.errors.reference('default', kind),
    },
  }
}

/** A route declares one scheme, because tsoa's routes run each that is declared. Clients may send the same token in two ways. */
function credentials(requirement: Record<string, string[]>): Record<string, string[]>[] {
  const [name] = Object.keys(requirement)
  return name === 'Token' ? [{ Token: [] }, { Bearer: [] }] : [{ [name!]: [] }]
}

function errorStatuses(operation: Operation, { path, method, isPlain }: Place, kind: Kind, isReduced: boolean) {
  const { operationId, parameters = [], responses } = operation
  const { isRetriable, isClosed, hasBody, scopes } = kind
  const errors = {
    400: !isReduced,
    401: isClosed,
    403: scopes.length > 0 || '403' in responses || (!isClosed && method !== 'get'),
    404: path.includes('{') || '404' in responses,
    // The success of a delete has no body, of any type.
    406: !isReduced && method !== 'delete',
    // A value of a resource may be unique, and others may refer to what is deleted.
    409: '201' in responses || '409' in responses || (isPlain && method !== 'get'),
    412: parameters.some(({ name }) => name === 'If-Match'),
    413: hasBody,
    415: hasBody,
    422: isRetriable,
    429: true,
    503: true,
    507: method !== 'get' && !READING.includes(operationId),
  }
  return Object.entries(errors).flatMap(([status, happens]) => (happens ? [status] : []))
}

/** The schema of a row, if the operation is a list. */
function rowOf(responses: Record<string, ResponseObject>): Schema | undefined {
  return (responses[200]?.content?.['application/json']?.schema as Schema | undefined)?.items
}

/** What converters make of an array's items alone has the same row twice, which is refused. */
function withOneRow(requestBody: NonNullable<Operation['requestBody']>, schemas: Record<string, Schema>) {
  const { schema } = requestBody.content['application/json']!
  if (schema.type !== 'array') return requestBody
  return { ...requestBody, content: { 'application/json': { schema, example: exampleOf(schema, schemas) } } }
}

function withForm(path: string, { content, ...rest }: { content: Record<string, { schema: Schema }> }) {
  const forms = FORMS[path] ?? []
  const same = Object.fromEntries(forms.map((type) => [type, content['application/json']!]))
  return { ...rest, content: { ...content, ...same } }
}

function successes(operation: Operation, place: Place, parameters: Parameter[], { isBulk }: Kind) {
  const responses = operation.responses as Record<string, ResponseObject>
  const declared = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([status, { description, content, headers: own }]) => {
      const headers = {
        ...own,
        ...headersOf(operation, status, content !== undefined, rowOf({ 200: { description, content } })),
      }
      return [
        status,
        {
          description,
          ...(Object.keys(headers).length > 0 && { headers }),
          ...(content && { content: withExample(content, operation, place, parameters) }),
        },
      ]
    })
  const nothing = {
    204: { description: 'Every row is valid. Nothing was stored, because `validate` was true' },
  }
  return { ...Object.fromEntries(declared), ...(isBulk && nothing) }
}

/** tsoa describes a stream as base64. */
function withExample(
  content: Record<string, Media>,
  operation: Operation,
  { path, schemas }: Place,
  parameters: Parameter[],
) {
  const text = content['text/plain']
  if (text) {
    const [example] = Object.values(text.examples ?? {})
    return { 'text/plain': { schema: { type: 'string' }, example: example?.value } }
  }
  const { schema } = content['application/json']!
  const body = operation.requestBody?.content['application/json']?.schema
  const example = wholeExample(schema, { operationId: operation.operationId, body, path, parameters, schemas })
  return { 'application/json': { schema, example } }
}

function headersOf(
  { operationId, parameters = [] }: Operation,
  status: string,
  hasContent: boolean,
  row: Schema | undefined,
) {
  if (!hasContent) return operationId === 'checkToken' ? CHECK_HEADERS : {}
  return {
    ...(parameters.some(({ name }) => name === 'limit') && {
      Link: header(
        'The addresses of the next page (`rel="next"`) and of the previous page (`rel="prev"`), as in RFC 8288',
        '</api/emp_viewset?cursor=WyJlbXBpZCJd>; rel="next"',
      ),
      'X-Total-Count': header('How many rows match on all pages, if `count` is true', '2'),
    }),
    ...(['replaceUser', 'updateUser'].includes(operationId) && {
      'Tokens-Woken': header('How many tokens work again, if the request enabled the user', '2'),
    }),
    ...(status === '201' &&
      row === undefined &&
      operationId !== 'createPasswordLink' && {
        Location: header('The address of the new object', '/api/emp_viewset/101'),
      }),
    ...(!UNTAGGED.includes(operationId) && { ETag: header(ETAG_WORDS, ETAG) }),
  }
}

/** The scope in the examples of a check: that of its path. */
const CHECKED = 'employees:read'

const CHECK_HEADERS = {
  'X-Latchkey-User': header('The name of the user, percent-encoded', 'ravi'),
  'X-Latchkey-User-Id': header('The id of the user', '2'),
  'X-Latchkey-Token-Id': header('The id of the token', '7'),
  'X-Latchkey-Scopes': header('The scopes that the token has for the same resource, separated by spaces', CHECKED),
}

/** The response to a GET with a matching `If-None-Match`. */
export const NOT_MODIFIED: ResponseObject = {
  description: '`If-None-Match` matches. Nothing has changed since you read it',
  headers: { ETag: header(ETAG_WORDS, ETAG) },
}
