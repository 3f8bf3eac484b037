import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { countRequest } from '../metrics/metrics.js'
import { addressIn } from '../platform/addresses.js'
import { log } from '../platform/log.js'
import { responseOn } from './health.js'

/** In the words of Node.js itself, by the codes of its errors. */
const STATUSES: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/**
 * For the server's `clientError`. Bytes that are not HTTP, or come too late, never reach the application, and Node.js would
 * refuse them without a line in the log. After the head of a response, nothing more can be said.
 */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  const response = responseOn(socket)
  if (socket.writable && error.code !== 'ECONNRESET' && !response?.headersSent) {
    const status = STATUSES[error.code ?? ''] ?? '400 Bad Request'
    // A request whose body cannot be read already has an id, and gets its line when it is over.
    const id = response?.req.id ?? told(status, error, socket)
    socket.write(`HTTP/1.1 ${status}\r\nRequest-Id: ${id}\r\nConnection: close\r\n\r\n`)
  }
  socket.destroy(error)
}

function told(status: string, { code }: NodeJS.ErrnoException, { remoteAddress = '' }: Socket): string {
  const id = randomUUID()
  const number = Number(status.slice(0, 3))
  countRequest('none', number, 0)
  log.info({ request_id: id, status: number, address: addressIn(remoteAddress), reason: code }, 'unreadable request')
  return id
}
