import { destination, type Logger, pino, stdSerializers } from 'pino'
import { settings } from './config.js'
import { isWatched, readableLine } from './terminal.js'

/** The most bytes that wait while nothing can be written. Later lines are dropped. */
const WAITING = 1024 * 1024

/**
 * Lines are written some at a time, because a write for each costs more than the line. The rest is written ten times a second and
 * at the end. On a terminal, each line appears at once, in order with other output.
 */
const lines = destination({ sync: true, minLength: isWatched ? 0 : 4096, maxLength: WAITING, periodicFlush: 100 })
// If the log's disk is full or its terminal has gone, the service goes on, and writes again when it can.
let isWritable = true
lines.on('error', () => {
  isWritable = false
})
lines.on('write', () => {
  isWritable = true
})

/**
 * Writes JSON lines to standard output, and readable lines to a terminal. Fields are listed one by one, so that nothing secret
 * gets in by accident.
 */
export const log: Logger = pino(
  {
    level: settings().logLevel,
    base: settings().workers > 1 ? { pid: process.pid } : null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
    serializers: { error: (error) => withoutStatement(stdSerializers.err(error)) },
  },
  isWatched ? { write: (line: string) => void lines.write(readableLine(line)) } : lines,
)
process.once('exit', () => {
  // Otherwise it would try for ever to write, and the process would never end.
  if (isWritable) lines.flushSync()
})

/** Sequelize's errors contain the statement and its parameters, with digests and hashes. */
function withoutStatement(error: { message: string; stack: string; type: string; raw?: unknown }): object {
  return { type: error.type, message: error.message, stack: error.stack }
}
