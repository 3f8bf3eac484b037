import { randomUUID } from 'node:crypto'
import type { RequestHandler } from 'express'
import { destination, type Logger, pino, stdSerializers } from 'pino'
import { config } from '../config.js'
import { countRequest } from '../metrics/metrics.js'

declare module 'express-serve-static-core' {
  interface Request {
    /** Ours, never the client's: it stands in the log and in each problem's `instance`. */
    id: string
    /** The client's, as a trusted proxy tells it; worked out once, and before the socket may have gone. */
    address: string
  }
}

/** Written some at a time, because a write of its own costs more than the line; the rest goes out ten times a second and at the end. */
const lines = destination({ sync: true, minLength: 4096, periodicFlush: 100 })

/** JSON lines on standard output. Fields are listed one by one, so that nothing secret gets in by accident. */
export const log: Logger = pino(
  {
    level: config.logLevel,
    base: config.workers > 1 ? { pid: process.pid } : null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
    serializers: { error: (error) => withoutStatement(stdSerializers.err(error)) },
  },
  lines,
)
process.once('exit', () => lines.flushSync())

/** One line a request, and one count, without query, headers or bodies: tokens and passwords travel in those. */
export const requestLog: RequestHandler = (request, response, next) => {
  request.id = randomUUID()
  request.address = request.ip ?? ''
  const started = performance.now()
  response.on('close', () => {
    const { failure, userId } = response.locals
    const milliseconds = performance.now() - started
    const status = response.writableFinished ? response.statusCode : 'aborted'
    countRequest(request.operation?.operationId ?? 'none', status, milliseconds / 1000)
    const line = {
      request_id: request.id,
      method: request.method,
      path: request.originalUrl.split('?', 1)[0]!.slice(0, 500),
      status,
      milliseconds: Math.round(milliseconds),
      address: request.address,
      user_id: userId,
      error: failure,
    }
    if (failure) log.error(line, 'request failed')
    else log.info(line, 'request')
  })
  next()
}

/** Sequelize's errors carry the statement and its parameters, which hold digests and hashes. */
function withoutStatement(error: { message: string; stack: string; type: string; raw?: unknown }): object {
  return { type: error.type, message: error.message, stack: error.stack }
}
