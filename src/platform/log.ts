import { destination, type Logger, pino, stdSerializers } from 'pino'
import { settings } from './config.js'
import { isWatched, readableLine } from './terminal.js'

/** Bytes that wait while nothing can be written; what comes then is dropped. */
const WAITING = 1024 * 1024

/**
 * Written some at a time, because a write of its own costs more than the line; the rest goes out ten times a second and at the
 * end. Whoever watches sees each at once, between what else is told.
 */
const lines = destination({ sync: true, minLength: isWatched ? 0 : 4096, maxLength: WAITING, periodicFlush: 100 })
// Where the log's disk is full or its terminal has gone, the service goes on, and writes on when that is over.
let isWritable = true
lines.on('error', () => {
  isWritable = false
})
lines.on('write', () => {
  isWritable = true
})

/** JSON lines on standard output, and lines to be read where it is a terminal. Fields are listed one by one, so that nothing secret gets in by accident. */
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
  // It would try for ever what cannot be written, and the process would never end.
  if (isWritable) lines.flushSync()
})

/** Sequelize's errors carry the statement and its parameters, which hold digests and hashes. */
function withoutStatement(error: { message: string; stack: string; type: string; raw?: unknown }): object {
  return { type: error.type, message: error.message, stack: error.stack }
}
