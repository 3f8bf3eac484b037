import type { Problem, Scope } from './generated/index.js'

/** A response that says no. What the server wrote is `problem`; neither it nor the message repeats what was sent. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'

  /** @param operation method and path, without a query */
  constructor(
    readonly problem: Problem,
    operation: string,
  ) {
    super(`${operation}: ${problem.status} ${sentences(problem)}`)
  }

  get status(): number {
    return this.problem.status
  }

  /** What is wrong with each field; empty unless the input was bad. */
  get errors(): Record<string, string[]> {
    return this.problem.errors ?? {}
  }

  /** The scopes that the token lacks; empty unless the status is 403. */
  get missingScopes(): Scope[] {
    return this.problem.missing_scopes ?? []
  }

  /** Seconds after which a retry makes sense, where the server knows. */
  get retryAfter(): number | undefined {
    return this.problem.retry_after
  }
}

/** A proxy in between sends no problem document; then one is made of status and headers. */
export function problemOf(body: unknown, { status, statusText, headers }: Response): Problem {
  const seconds = secondsIn(headers)
  return {
    type: 'about:blank',
    title: statusText || 'Failed',
    status,
    detail: 'The response has no problem document.',
    instance: '',
    ...(seconds !== undefined && { retry_after: seconds }),
    ...(headers.get('Content-Type')?.startsWith('application/problem+json') && (body as Problem)),
  }
}

/** `Retry-After`, which is a number of seconds or a time (RFC 9110, 10.2.3). */
export function secondsIn(headers: Headers): number | undefined {
  const text = headers.get('Retry-After') ?? ''
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.now()) / 1000)
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}

function sentences({ detail, errors = {}, missing_scopes: scopes = [] }: Problem): string {
  const fields = Object.entries(errors).map(([field, sentences]) => `${field}: ${sentences.join(' ')}`)
  return [detail, ...fields, ...(scopes.length > 0 ? [`Missing: ${scopes.join(', ')}`] : [])].join(' ')
}
