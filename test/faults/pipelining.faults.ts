import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { type Database, freshDatabase, onSqlite } from '../databases.js'
import { expectWithin, type ServerProcess } from '../process.js'
import { startServer, tokenOf } from './creates.js'
import { readsDuring, told } from './others.js'

const REQUESTS = 600
const ROUNDS = 3

/** Milliseconds: how long nobody reads, how long a read of somebody else may take, and until everything is given back. */
const UNREAD = 500
const READ = 200
const GIVEN_BACK = 5000

/** How long a socket is kept whose client reads nothing. */
const ENDED = 60_000

/** Makes the server collect its garbage when it is told to: what it has left to collect is nothing that it keeps. */
const COLLECTS = `--import=data:text/javascript,${encodeURIComponent(`
  import { setFlagsFromString } from 'node:v8'
  import { runInNewContext } from 'node:vm'
  setFlagsFromString('--expose-gc')
  process.on('SIGUSR2', runInNewContext('gc'))
`)}`

/** Bytes that may stay: what a warm process keeps anyway. */
const GROWTH = 30 * 1024 * 1024

/** Of each kind of response a request. */
const KINDS: Record<string, (token: string, asset: string) => string> = {
  'an asset, brotli': (_, asset) => get(asset, 'Accept-Encoding: br'),
  'an asset, gzip': (_, asset) => get(asset, 'Accept-Encoding: gzip'),
  'an asset': (_, asset) => get(asset),
  'the document': () => get('/openapi.json'),
  'the document, gzip': () => get('/openapi.json', 'Accept-Encoding: gzip'),
  'the collection': () => get('/postman_collection.json'),
  'a file of the docs page': () => get('/docs/swagger-ui-bundle.js'),
  'a page': () => get('/docs/problems/'),
  'a list': (token) => get('/api/emp_viewset?limit=1000', `Authorization: Token ${token}`),
  'an object': (token) => get('/api/emp_viewset/1', `Authorization: Token ${token}`),
  metrics: (token) => get('/metrics', `Authorization: Token ${token}`),
  'a 401': () => get('/api/emp_viewset'),
  'a 404': () => get('/nowhere'),
  'a 409': (token) =>
    `${get('/api/emp_viewset', `Authorization: Token ${token}`, 'Content-Type: application/json', `Content-Length: ${TAKEN.length}`).replace('GET', 'POST')}${TAKEN}`,
}

const TAKEN = JSON.stringify({ empid: 1, empname: 'x', salary: 1 })

onSqlite('requests that are sent without reading a response', () => {
  let database: Database
  let server: ServerProcess
  let token: string
  let asset: string
  /** Bytes: the most that the process has held when nothing was asked of it. */
  let warm = 0

  before(async function () {
    this.timeout(60_000)
    database = await freshDatabase()
    server = await startServer({ ...database.env, LATCHKEY_LOG_LEVEL: 'warn', NODE_OPTIONS: COLLECTS })
    token = await tokenOf(server)
    for (let empid = 1; empid <= 300; empid++)
      await server.fetch('/api/emp_viewset', { token, json: { empid, empname: 'Srinu', salary: 1 } })
    asset = /"\.\.(\/admin\/assets\/index-[^"]+\.js)"/.exec(await (await server.fetch('/admin/')).text())![1]!
    // A first round of everything: memory is compared with that of a process that has worked.
    for (const request of Object.values(KINDS)) await burst(request(token, asset))
  })

  after(async () => {
    await server.stop('SIGKILL')
    await database.remove()
  })

  for (const kind of Object.keys(KINDS))
    it(`${REQUESTS} at a time for ${kind} cost nothing afterwards, and others little meanwhile`, async () => {
      const before = held()
      warm = Math.max(warm, before.memory)
      const bursts = async () => {
        for (let round = 0; round < ROUNDS; round++) await burst(KINDS[kind]!(token, asset))
      }
      const times = await readsDuring(server, token, bursts())
      await expectWithin(GIVEN_BACK, async () => held().descriptors <= before.descriptors)
      server.child.kill('SIGUSR2')
      await expectWithin(GIVEN_BACK, async () => held().memory < warm + GROWTH)
      const { descriptors, memory } = held()
      console.log(
        `      ${descriptors} descriptors of ${before.descriptors}, ` +
          `memory ${((memory - warm) / 1024 / 1024).toFixed(1)} MB more; ${told(times)}`,
      )
      expect(times.p99).to.be.below(READ)
    }).timeout(60_000)

  it(`end with a socket that is never read within ${ENDED / 1000} s`, async () => {
    const sockets = await Promise.all(Array.from({ length: 5 }, () => unread(get('/openapi.json').repeat(REQUESTS))))
    await wait(UNREAD)
    const { descriptors } = held()
    await expectWithin(ENDED, async () => held().descriptors <= descriptors - sockets.length)
    for (const socket of sockets) socket.destroy()
  }).timeout(ENDED + 10_000)

  async function burst(request: string) {
    const socket = await unread(request.repeat(REQUESTS))
    await wait(UNREAD)
    socket.destroy()
    await once(socket, 'close')
  }

  async function unread(text: string): Promise<Socket> {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    // It is reset when the server gives up.
    socket.pause().on('error', () => {})
    await once(socket, 'connect')
    socket.write(text)
    return socket
  }

  function held() {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))!
    return { descriptors: readdirSync(`/proc/${server.child.pid}/fd`).length, memory: Number(kilobytes) * 1024 }
  }
})

function get(path: string, ...headers: string[]) {
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')
}
