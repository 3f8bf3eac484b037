import type { Socket } from 'node:net'
import type { RequestHandler } from 'express'

/**
 * Requests that wait behind another one of their socket, of all sockets together. Node.js has made each of them from the 64 kB
 * that it read at once, up to 2,400 of the shortest, and one costs 4 kB (measured).
 */
const MOST_WAITING = 5000

interface Line {
  isBusy: boolean
  /** Each begins a request. */
  waiting: (() => void)[]
}

const lines = new WeakMap<Socket, Line>()
let waiting = 0

/**
 * One request of a socket at a time (RFC 9112, 9.3.2 lets a client send several before it has read a response). Node.js begins
 * all that it finds in what it has read, and when the socket closes it tells the first response alone: the files that the
 * others had opened stayed open for ever. Here the next one begins when the response before it is over, nothing more is read
 * until then, and what waits for a socket that closes never begins.
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
