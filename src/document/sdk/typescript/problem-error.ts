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
  const seconds = headers.get('Retry-After') ?? ''
  return {
    type: 'about:blank',
    title: statusText || 'Failed',
    status,
    detail: 'The response has no problem document.',
    instance: '',
    ...(/^\d+$/.test(seconds) && { retry_after: Number(seconds) }),
    ...(headers.get('Content-Type')?.startsWith('application/problem+json') && (body as Problem)),
  }
}

function sentences({ detail, errors = {}, missing_scopes: scopes = [] }: Problem): string {
  const fields = Object.entries(errors).map(([field, sentences]) => `${field}: ${sentences.join(' ')}`)
  return [detail, ...fields, ...(scopes.length > 0 ? [`Missing: ${scopes.join(', ')}`] : [])].join(' ')
}
