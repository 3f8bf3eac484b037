import { PROBLEMS } from '../platform/failures.js'

export interface ResponseObject {
  description: string
  content?: Record<string, unknown>
  headers?: Record<string, unknown>
}

const RESPONSES: Record<string, string> = {
  400: 'A field or a query parameter is not as described, or the host is not served here',
  401: 'No valid token',
  403: 'The token may not do this',
  404: 'There is no such object',
  406: 'The type of the response is not accepted',
  409: 'There is one already',
  412: 'Changed in the meantime: `If-Match` does not match',
  413: 'The body is larger than 64 kB, or than 8 kB where no credential is needed',
  415: 'The body is not of a type that is listed',
  422: 'This `Idempotency-Key` was used for another body',
  429: 'Too many requests or failed sign-ins',
  503: 'Temporarily unavailable',
}

const LACKING = { missing_scopes: ['employees:write'] }

const RUNNING = '; or, with `Retry-After`, the first request with this `Idempotency-Key` is still running'

const LARGE = 'The body is larger than 1 MB'

/** Where there is no token. */
const FOREIGN = 'A page of another site sent this, or who signs in may not'

/** What an operation answers with an error of this status. @param kind.isRetriable by an `Idempotency-Key` @param kind.isBulk with many rows in its body */
export function problem(
  status: string,
  kind: { isRetriable: boolean; isClosed: boolean; isBulk: boolean },
): ResponseObject {
  const { isRetriable, isClosed, isBulk } = kind
  const isForeign = status === '403' && !isClosed
  const description = isForeign ? FOREIGN : isBulk && status === '413' ? LARGE : RESPONSES[status]!
  const mayWait = ['429', '503'].includes(status) || (isRetriable && status === '409')
  const headers = {
    ...(status === '401' && { 'WWW-Authenticate': header('`Token realm="latchkey"`', 'Token realm="latchkey"') }),
    ...(mayWait && { 'Retry-After': header('Seconds after which a retry makes sense', '2') }),
  }
  return {
    description: `${description}${isRetriable && status === '409' ? RUNNING : ''}`,
    ...(Object.keys(headers).length > 0 && { headers }),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        example: { ...exampleOf(Number(status), description), ...(status === '403' && isClosed && LACKING) },
      },
    },
  }
}

function exampleOf(status: number, detail: string) {
  const { name, title } = PROBLEMS[status]!
  return {
    type: `/docs/problems/${name}`,
    title,
    status,
    detail,
    instance: 'urn:uuid:0b5ee5a4-6b3c-4f1a-9d0f-3f5a2b1c4d5e',
    ...([429, 503].includes(status) && { retry_after: 2 }),
  }
}

export function header(description: string, example: string) {
  return { description, schema: { type: 'string' }, example }
}
