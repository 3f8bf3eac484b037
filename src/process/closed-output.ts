import { EXIT, lineOf } from './operator.js'

/**
 * Without this, an output that nobody reads any more ends a process with a stack trace: `latchkey doctor | head -3`. A command
 * ends with it and says nothing; a service goes on.
 * @param who writes to the output
 */
export function expectClosedOutput(who: 'command' | 'service'): void {
  // What is said beside the output changes nothing of what is done.
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (who === 'service') return
    if (error.code === 'EPIPE') process.exit()
    process.stderr.write(`${lineOf(error)}\n`)
    process.exit(EXIT.refused)
  })
}
