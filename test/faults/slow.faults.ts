import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { freshDatabase, onSqlite } from '../databases.js'
import { startServer, tokenOf } from './creates.js'

/** Of each kind. */
const SOCKETS = process.env.FAULT_ROUNDS ? 500 : 100

/** Milliseconds that a socket is held at most, and that a read takes meanwhile. */
const HELD = 12_000
const READ = 100

const KINDS = {
  'a header': 'GET /api/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
  'a body':
    'POST /gettoken/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
}

onSqlite('clients that send a byte a second', () => {
  it(`get 408 and are closed within ${HELD / 1000} s, while others are served`, async () => {
    const database = await freshDatabase()
    const server = await startServer(database.env)
    try {
      const token = await tokenOf(server)
      const read = async () => expect((await server.fetch('/api/emp_viewset', { token })).status).to.equal(200)
      for (let warm = 0; warm < 50; warm++) await read()
      let isDripping = true
      const drops = Object.values(KINDS).flatMap((start) =>
        Array.from({ length: SOCKETS }, () => drip(Number(new URL(server.url).port), start)),
      )
      const dropped = Promise.all(drops).finally(() => (isDripping = false))
      const times: number[] = []
      for (; isDripping; await wait(10)) {
        const started = performance.now()
        await read()
        times.push(performance.now() - started)
      }
      const closed = await dropped
      const longest = Math.max(...closed.map(({ held }) => held))
      const p99 = times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!
      console.log(
        `      ${closed.length} slow sockets, the last closed after ${longest.toFixed(0)} ms; ` +
          `${times.length} reads meanwhile, p99 ${p99.toFixed(1)} ms, longest ${times.at(-1)!.toFixed(1)} ms`,
      )
      expect(closed.filter(({ answer }) => !answer.startsWith('HTTP/1.1 408 '))).to.deep.equal([])
      expect(longest).to.be.below(HELD)
      expect(p99).to.be.below(READ)
    } finally {
      await server.stop('SIGKILL')
      await database.remove()
    }
  }).timeout(60_000)
})

/** Sends the start at once and then a byte a second, until the server ends it. */
function drip(port: number, start: string): Promise<{ held: number; answer: string }> {
  return new Promise((resolve) => {
    let opened = 0
    let answer = ''
    let timer: NodeJS.Timeout | undefined
    const socket = connect(port, '127.0.0.1', () => {
      // Of a thousand at once some connect a second late, until when there is nothing to hold or to write to.
      opened = performance.now()
      socket.write(start)
      timer = setInterval(() => socket.write('a'), 1000)
    })
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
    // Bytes may still be on their way when the server closes.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      resolve({ held: performance.now() - opened, answer })
    })
  })
}
