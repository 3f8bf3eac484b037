import { PROBLEMS } from '../platform/failures.js'
import type { Schema } from './parameters.js'

export interface ResponseObject {
  description: string
  content?: Record<string, Media>
  headers?: Record<string, unknown>
}

export interface Media {
  schema: Schema
  example?: unknown
  /** As tsoa writes them. */
  examples?: Record<string, { value: unknown }>
}

export interface Reference {
  $ref: string
}

/** The properties of an operation on which its error responses depend. */
export interface Kind {
  /** It takes an `Idempotency-Key`. */
  isRetriable: boolean
  /** It needs a credential. */
  isClosed: boolean
  hasBody: boolean
  /** It takes many rows. */
  isBulk: boolean
  scopes: string[]
  /** What its controller says of a status. */
  own: Record<string, string>
}

/** A response of `components/responses`, with its name and its text. */
interface Said {
  name: string
  description: string
  example?: { retry_after?: number; [member: string]: unknown }
}

const TAKEN = 'group with this name already exists.'

const RESPONSES: Record<string, (kind: Kind) => Said> = {
  400: ({ hasBody, isBulk }) => {
    const description = hasBody ? 'A field or a query parameter is invalid' : 'A query parameter is invalid'
    const [name, errors] = isBulk
      ? ['InvalidRows', { '2.name': ['This field is required.'] }]
      : hasBody
        ? ['InvalidFields', { name: ['This field is required.'] }]
        : ['InvalidQuery', { colour: ['This query parameter is unknown.'] }]
    return {
      name,
      description: `${description}, or the service does not answer for this host`,
      example: { detail: 'The request has invalid fields.', errors },
    }
  },
  401: () => ({
    name: 'NotAuthenticated',
    description: 'The request has no valid token',
    example: { detail: 'Authentication credentials were not provided.' },
  }),
  403: ({ isClosed, scopes }) =>
    scopes.length > 0
      ? {
          name: `Needs${scopes.map(pascal).join('And')}`,
          description: `The token does not have the scope ${scopes.map((scope) => `\`${scope}\``).join(' and ')}, or its user may not do this`,
          example: { detail: `This needs the scope ${scopes.join(' and ')}.`, missing_scopes: scopes },
        }
      : isClosed
        ? { name: 'NotAllowed', description: 'The token may not do this' }
        : {
            name: 'NotFromThisSite',
            description: 'A page of another site sent the request, or the user may not sign in',
          },
  404: () => ({ name: 'NotFound', description: 'There is no such object', example: { detail: 'Not found.' } }),
  406: () => ({
    name: 'NotAcceptable',
    description: 'The request does not accept the media type of the response',
    example: { detail: 'Could not satisfy the request Accept header.' },
  }),
  409: ({ isRetriable }) => ({
    name: isRetriable ? 'DuplicateOrRunning' : 'Duplicate',
    description: `Another object already has a value that must be unique, or refers to this object${
      isRetriable
        ? '. If the response has `Retry-After`, the first request with this `Idempotency-Key` is still running'
        : ''
    }`,
    example: { detail: TAKEN, errors: { name: [TAKEN] } },
  }),
  412: () => ({
    name: 'Stale',
    description: '`If-Match` does not match. Somebody has changed the object since you read it',
    example: { detail: 'Somebody else has changed this in the meantime. Read it again.' },
  }),
  413: ({ isBulk }) => ({
    name: isBulk ? 'RowsTooLarge' : 'TooLarge',
    description: isBulk
      ? 'The body is larger than 1 MB'
      : 'The body is larger than 64 kB, or larger than 8 kB if the operation needs no credential',
    example: { detail: `The body is larger than ${isBulk ? 1024 : 64} kB.` },
  }),
  415: () => ({
    name: 'UnsupportedMediaType',
    description: 'The operation does not take a body of this media type',
    example: { detail: 'Unsupported media type in request.' },
  }),
  422: () => ({
    name: 'KeyReused',
    description: 'This `Idempotency-Key` was used for another request',
    example: { detail: 'This Idempotency-Key was used for another request.' },
  }),
  429: () => ({
    name: 'TooManyRequests',
    description: 'Too many requests or failed sign-ins',
    example: { detail: 'Too many attempts. Please try again in 2 s.', retry_after: 2 },
  }),
  503: () => ({
    name: 'Unavailable',
    description: 'The service is unavailable for a moment',
    example: { detail: 'The database cannot be asked right now. Please try again.', retry_after: 2 },
  }),
  507: () => ({
    name: 'StorageFull',
    description: 'The disk that holds the database is full',
    example: {
      detail: 'There is no room left to store this. Free some space on the disk of the database.',
      retry_after: 60,
    },
  }),
  default: () => ({
    name: 'ServerError',
    description: 'The service failed. Its log says why',
    example: { detail: 'Something went wrong on our side.' },
  }),
}

/** The error responses of all operations, each once. */
export class ErrorResponses {
  readonly components: Record<string, ResponseObject> = {}

  /** @param status or `default`, which stands for 500 */
  reference(status: string, kind: Kind): Reference {
    const generic = RESPONSES[status]!(kind)
    const own = kind.own[status]
    const isGeneric = own === undefined || own === PROBLEMS[Number(status)]!.title
    const said: Said = isGeneric ? generic : { name: pascal(own), description: own, example: ownExample(status, own) }
    const waits = ['429', '503', '507'].includes(status) || (status === '409' && said.name === 'DuplicateOrRunning')
    const headers = {
      ...(status === '401' && {
        'WWW-Authenticate': header('How to authenticate (RFC 9110)', 'Token realm="latchkey"'),
      }),
      ...(waits && {
        'Retry-After': header(
          'How many seconds to wait before the next attempt',
          String(said.example?.retry_after ?? 1),
        ),
      }),
    }
    this.components[said.name] = {
      description: said.description,
      ...(Object.keys(headers).length > 0 && { headers }),
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          example: problem(status === 'default' ? 500 : Number(status), said),
        },
      },
    }
    return { $ref: `#/components/responses/${said.name}` }
  }

  /** The responses in the order of their names, so that a new operation moves none of them. */
  sorted(): Record<string, ResponseObject> {
    return Object.fromEntries(Object.entries(this.components).sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/** What has no field of its own is about the object as a whole. */
function ownExample(status: string, description: string) {
  return status === '409' ? { errors: { non_field_errors: [`${description}.`] } } : {}
}

function problem(status: number, { description, example }: Said) {
  const { name, title } = PROBLEMS[status]!
  return {
    type: `/docs/problems/${name}`,
    title,
    status,
    detail: `${description}.`,
    instance: 'urn:uuid:0b5ee5a4-6b3c-4f1a-9d0f-3f5a2b1c4d5e',
    ...example,
  }
}

export function header(description: string, example: string) {
  return { description, schema: { type: 'string' }, example }
}

/** `employees:write` and `The token has ended` as names of components. */
function pascal(text: string): string {
  return text.replace(/[^A-Za-z]*([A-Za-z])([a-z]*)/g, (_, first, rest) => first.toUpperCase() + rest)
}
