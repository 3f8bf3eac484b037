import { UniqueConstraintError } from 'sequelize'

export type FieldErrors = Record<string, string[]>

interface Extras {
  errors?: FieldErrors
  missingScopes?: string[]
  /** In seconds. */
  retryAfter?: number
  headers?: Record<string, string>
  /** The name of the broken rule, only for the log. */
  rule?: string
  /** The reason, only for the log. */
  cause?: unknown
}

/** A failure that the client is told about. `detail` goes to the client and `cause` to the log. */
export class HttpError extends Error {
  readonly status: number
  readonly detail: string
  readonly extras: Extras

  constructor(status: number, detail: string, extras: Extras = {}) {
    // Nobody reads the stack of a refusal, and making it takes a tenth of the time of refusing a junk token (measured).
    const { stackTraceLimit } = Error
    if (status < 500) Error.stackTraceLimit = 0
    super(detail, { cause: extras.cause })
    Error.stackTraceLimit = stackTraceLimit
    this.status = status
    this.detail = detail
    this.extras = extras
  }
}

/** Every kind of problem by status: the name in its `type`, and its title. */
export const PROBLEMS: Record<number, { name: string; title: string }> = {
  400: { name: 'invalid-request', title: 'Invalid request' },
  401: { name: 'not-authenticated', title: 'Not authenticated' },
  403: { name: 'not-allowed', title: 'Not allowed' },
  404: { name: 'not-found', title: 'Not found' },
  405: { name: 'method-not-allowed', title: 'Method not allowed' },
  406: { name: 'not-acceptable', title: 'Not acceptable' },
  409: { name: 'duplicate', title: 'Already there' },
  412: { name: 'stale', title: 'Changed in the meantime' },
  413: { name: 'too-large', title: 'Too large' },
  415: { name: 'unsupported-media-type', title: 'Unsupported media type' },
  422: { name: 'key-reused', title: 'Idempotency key used for another request' },
  429: { name: 'too-many-requests', title: 'Too many requests' },
  500: { name: 'server-error', title: 'Server error' },
  503: { name: 'unavailable', title: 'Temporarily unavailable' },
  507: { name: 'storage-full', title: 'Storage full' },
}

/** @param errors what is wrong, field by field */
export function invalid(errors: FieldErrors): HttpError {
  return new HttpError(400, 'The request has invalid fields.', { errors })
}

/**
 * For `.catch` after an insert or update: a taken value becomes 409 with the field's sentence.
 * @param sentence DRF's, if DRF has one
 */
export function duplicate(field: string, sentence: string) {
  return (error: unknown): never => {
    if (error instanceof UniqueConstraintError && isTaken(error))
      throw new HttpError(409, sentence, { errors: { [field]: [sentence] } })
    throw error
  }
}

/** Sequelize reports every broken constraint of SQLite as a unique one. Only the message says which it is. */
function isTaken({ parent }: UniqueConstraintError) {
  return /UNIQUE constraint failed|duplicate key value/.test(parent.message)
}

export function unavailable(cause: unknown): HttpError {
  return new HttpError(503, 'The database cannot be asked right now. Please try again.', { retryAfter: 2, cause })
}
