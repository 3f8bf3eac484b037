import type { Actor } from '../audit/actor.js'
import { processUser } from '../platform/access.js'
import { HttpError } from '../platform/failures.js'

/** The actor when an operator types a command. */
export const COMMAND: Actor = { kind: 'command', id: null, name: 'command', address: '', requestId: null }

/** The operating system's codes for refused access to a file. The operator then has to know which user was refused. */
const REFUSED_ACCESS = ['EACCES', 'EPERM', 'EROFS']

/** The messages of `bindings` and `node-gyp-build`, with which sqlite3 and bcrypt find their binaries. */
const NO_BINARY = /^(Could not locate the bindings file|No native build was found)/

/**
 * npm 12 only runs the install scripts of packages that its user has named. Before that, `--ignore-scripts` had the same effect.
 */
const WITHOUT_SCRIPTS =
  'sqlite3 or bcrypt has no binary, because its install script did not run; docs/package.md tells how npm is made to run it'

/** One line for the operator, for an error that ends a command or a start. */
export function lineOf(error: unknown): string {
  const { message, errors, code } = error as { message?: string; errors?: { message: string }[]; code?: string }
  const fields = error instanceof HttpError && error.extras.errors
  const text = fields
    ? Object.entries(fields)
        .map(([field, sentences]) => `${field}: ${sentences.join(' ')}`)
        .join(' ')
    : // A refused connection to several addresses has no message of its own.
      (NO_BINARY.test(message ?? '') ? WITHOUT_SCRIPTS : message) || errors?.map((inner) => inner.message).join('; ')
  const line = (text || String(error)).split('\n', 1)[0]
  return `latchkey: ${line}${REFUSED_ACCESS.includes(code ?? '') ? `, as ${processUser()}` : ''}`
}

/** The exit codes of the command, on which scripts rely: done, refused, used wrongly. */
export const EXIT = { done: 0, refused: 1, usage: 2 }
