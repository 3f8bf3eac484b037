import { EXIT, lineOf } from './operator.js'

/**
 * Without this, a process ends with a stack trace when nobody reads its output any more: `latchkey doctor | head -3`. A command
 * then ends silently, and a service goes on.
 * @param who writes to the output
 */
export function expectClosedOutput(who: 'command' | 'service'): void {
  // An error on standard error does not change what the process does.
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (who === 'service') return
    if (error.code === 'EPIPE') process.exit()
    process.stderr.write(`${lineOf(error)}\n`)
    process.exit(EXIT.refused)
  })
}
