import type { IncomingMessage } from 'node:http'
import { HttpError } from '../../platform/failures.js'

/** The most pieces in which 64 kB may come. Each costs 1 µs, and 64 kB in single bytes cost 80 ms (measured). */
const PIECES = 1000

/** How much is read at most of a body that nobody needs. */
const LEFT = { pieces: 256, milliseconds: 300 }

/** Whether the request has a body. */
export function hasContent({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/**
 * Reads the body of a request. body-parser would read a body that is too large to its end before it refuses it, which takes up to
 * 10 s whatever the client sends.
 * @param most bytes
 * @throws {HttpError} 400, 413 or 415
 */
export async function contentOf(request: IncomingMessage, most: number): Promise<Buffer> {
  if (!hasContent(request)) return Buffer.alloc(0)
  const { 'content-encoding': encoding = 'identity', 'content-length': length = '0' } = request.headers
  if (encoding.toLowerCase() !== 'identity') throw new HttpError(415, 'Bodies must not be compressed.')
  if (Number(length) > most) throw tooLarge(most)
  const pieces = PIECES * Math.max(1, most / 65_536)
  const parts: Buffer[] = []
  let size = 0
  await eachPiece(request, (piece) => {
    size += piece.length
    if (size > most) throw tooLarge(most)
    if (parts.push(piece) > pieces) throw new HttpError(400, `The body comes in more than ${pieces} pieces.`)
  })
  return Buffer.concat(parts, size)
}

/**
 * Reads a body that nobody needs, but not for ever. The rest ends with its connection. A client that is still sending may then
 * lose the response (RFC 9112, 9.6).
 */
export async function discard(request: IncomingMessage): Promise<void> {
  let pieces = 0
  const take = () => {
    if (++pieces > LEFT.pieces) throw new HttpError(400, 'There is too much of it.')
  }
  await eachPiece(request, take, LEFT.milliseconds).catch(() => {})
}

export function tooLarge(most: number): HttpError {
  return new HttpError(413, `The body is larger than ${most / 1024} kB.`)
}

/**
 * Resolves at the end, or after this many milliseconds.
 * @throws what `take` does, or 400 when the client has gone
 */
function eachPiece(request: IncomingMessage, take: (piece: Buffer) => void, milliseconds?: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onData = (piece: Buffer) => {
      try {
        take(piece)
      } catch (error) {
        stop(() => reject(error))
      }
    }
    const onEnd = () => stop(resolve)
    const onGone = (cause?: unknown) => stop(() => reject(new HttpError(400, 'The request cannot be read.', { cause })))
    const timer = milliseconds === undefined ? undefined : setTimeout(onEnd, milliseconds)
    const stop = (settle: () => void) => {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone).pause()
      settle()
    }
    if (request.readableEnded) return onEnd()
    if (request.destroyed) return onGone()
    request.on('end', onEnd).on('error', onGone).on('close', onGone).on('data', onData)
    request.resume()
  })
}
