import type { Actor } from '../audit/actor.js'
import { processUser } from '../platform/access.js'
import { HttpError } from '../platform/failures.js'

/** Who acts when an operator types a command. */
export const COMMAND: Actor = { kind: 'command', id: null, name: 'command', address: '', requestId: null }

/** What the operating system says of a file; whom it refused is what the operator has to know. */
const REFUSED_ACCESS = ['EACCES', 'EPERM', 'EROFS']

/** One line for the operator, for an error that ends a command or a start. */
export function lineOf(error: unknown): string {
  const { message, errors, code } = error as { message?: string; errors?: { message: string }[]; code?: string }
  const fields = error instanceof HttpError && error.extras.errors
  const text = fields
    ? Object.entries(fields)
        .map(([field, sentences]) => `${field}: ${sentences.join(' ')}`)
        .join(' ')
    : // A refused connection to several addresses has no message of its own.
      message || errors?.map((inner) => inner.message).join('; ')
  const line = (text || String(error)).split('\n', 1)[0]
  return `latchkey: ${line}${REFUSED_ACCESS.includes(code ?? '') ? `, as ${processUser()}` : ''}`
}

/** Exit codes of the command that scripts rely on: done, refused, used wrongly. */
export const EXIT = { done: 0, refused: 1, usage: 2 }
