import { HttpError } from 'react-admin'
import { BASE } from './base'
import { text } from './words/words'
import { interrupt, noInterruption } from './work/interruption'
import { hasWork } from './work/unsaved'

export interface Reply<Body> {
  body: Body
  headers: Headers
}

interface Problem {
  status: number
  detail: string
  instance: string
  errors?: Record<string, string[]>
  missing_scopes?: string[]
}

/** An event of the window for when the server no longer knows the session, because react-admin only sees its own calls. */
export const ENDED = 'latchkey:ended'

/** The path for signing in and out. Other calls wait for it. */
const SESSION = '/api/sessions/current'

/**
 * Calls our own API. The browser adds the session's cookie. If the session ends while there is unsaved work, the call waits until
 * the same user has signed in again.
 * @param path as the document has it
 * @param etag of the object when it was read, so that a change by somebody else is not overwritten
 * @param idempotencyKey for a create that is sent again if its response was lost
 * @throws {HttpError} with the server's sentence; `body.errors` has those of the fields, as react-admin's forms show them
 */
export async function call<Body>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  { body, etag, idempotencyKey }: { body?: unknown; etag?: string; idempotencyKey?: string } = {},
): Promise<Reply<Body>> {
  const headers = {
    Accept: 'application/json',
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(etag && { 'If-Match': etag }),
    ...(idempotencyKey && { 'Idempotency-Key': idempotencyKey }),
  }
  const sent = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) }
  for (;;) {
    if (path !== SESSION) await noInterruption()
    const response = await fetch(BASE + path, sent).catch(() => {
      throw new HttpError(text('shared.away'), 0)
    })
    // A request with a 401 has changed nothing, so it may be sent again.
    if (response.status !== 401 || path === SESSION || !hasWork()) return await taken<Body>(response)
    await response.body?.cancel()
    await interrupt('ended')
  }
}

async function taken<Body>(response: Response): Promise<Reply<Body>> {
  const value = await response.json().catch(() => undefined)
  if (response.ok) return { body: value as Body, headers: response.headers }
  const problem = refusal(response.status, value as Problem | undefined)
  if (response.status === 401) dispatchEvent(new CustomEvent(ENDED, { detail: problem }))
  throw problem
}

/** Our 503 itself says that a retry makes sense. The response of a proxy has no sentence of ours. */
function refusal(status: number, problem: Problem | undefined) {
  if (!problem?.detail) return new HttpError(text('shared.away'), status)
  const { non_field_errors: general = [], ...fields } = problem.errors ?? {}
  const errors = Object.fromEntries(Object.entries(fields).map(([name, sentences]) => [name, sentences.join(' ')]))
  const hasErrors = Object.keys(errors).length > 0
  const missing = problem.missing_scopes ? ` (${problem.missing_scopes.join(', ')})` : ''
  const message = general.length > 0 ? general.join(' ') : problem.detail + missing
  return new HttpError(message, status, hasErrors ? { errors } : {})
}

/** The sentences of a failed call, by field. `root` is for those about no field. */
export function sentencesOf(error: unknown): Record<string, string> {
  if (!(error instanceof HttpError)) return { root: String(error) }
  return (error.body as { errors?: Record<string, string> } | null)?.errors ?? { root: error.message }
}

/** All sentences at once, if there are no fields to show them at. */
export function sentenceOf(error: unknown): string {
  return Object.values(sentencesOf(error)).join(' ')
}
