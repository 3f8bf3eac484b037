import type { Actor } from '../audit/actor.js'
import { processUser } from '../platform/access.js'
import { HttpError } from '../platform/failures.js'

/** Who acts when an operator types a command. */
export const COMMAND: Actor = { kind: 'command', id: null, name: 'command', address: '', requestId: null }

/** What the operating system says of a file; whom it refused is what the operator has to know. */
const REFUSED_ACCESS = ['EACCES', 'EPERM', 'EROFS']

/** What `bindings` and `node-gyp-build` say, by which sqlite3 and bcrypt find their binaries. */
const NO_BINARY = /^(Could not locate the bindings file|No native build was found)/

/** npm 12 runs the install scripts of no package that its user has not named; `--ignore-scripts` did the same before. */
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

/** Exit codes of the command that scripts rely on: done, refused, used wrongly. */
export const EXIT = { done: 0, refused: 1, usage: 2 }
