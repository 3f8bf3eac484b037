import type { Socket } from 'node:net'
import type { RequestHandler } from 'express'

/**
 * The most requests that may wait behind others of their sockets, of all sockets together. Node.js makes them from the 64 kB that
 * it reads at once, up to 2,400 of the shortest, and each costs 4 kB (measured).
 */
const MOST_WAITING = 5000

interface Line {
  isBusy: boolean
  /** Each function begins a request. */
  waiting: (() => void)[]
}

const lines = new WeakMap<Socket, Line>()
let waiting = 0

/**
 * Handles one request of a socket at a time. A client may send several before it has read a response (RFC 9112, 9.3.2). Node.js
 * begins all that it finds in what it has read, but when the socket closes, it informs only the first response. Files that the
 * others had opened stayed open for ever. Here the next request begins when the response before it is over, nothing more is read
 * until then, and requests that wait for a closed socket never begin.
 */
export const inTurn: RequestHandler = ({ socket }, response, next) => {
  const line = lines.get(socket) ?? newLine(socket)
  const begin = () => {
    response.on('close', () => goOn(socket, line))
    next()
  }
  if (!line.isBusy) {
    line.isBusy = true
    return begin()
  }
  if (waiting >= MOST_WAITING) return void socket.destroy()
  waiting++
  line.waiting.push(begin)
  socket.pause()
}

function newLine(socket: Socket): Line {
  const line: Line = { isBusy: false, waiting: [] }
  lines.set(socket, line)
  // Node.js resumes a socket whenever a body is read.
  socket.on('resume', () => {
    if (line.waiting.length > 0) socket.pause()
  })
  return line
}

function goOn(socket: Socket, line: Line) {
  if (!socket.writable) {
    waiting -= line.waiting.length
    line.waiting = []
  }
  const begin = line.waiting.shift()
  if (!begin) {
    line.isBusy = false
    return
  }
  waiting--
  if (line.waiting.length === 0) socket.resume()
  begin()
}
