import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { gzipSync } from 'node:zlib'
import autocannon from 'autocannon'
import { expect } from 'chai'
import { type Database, freshDatabase, onSqlite } from '../databases.js'
import { expectWithin, type ServerProcess } from '../process.js'
import { startServer, tokenOf } from './creates.js'
import { readsDuring, told } from './others.js'

const CLIENTS = 8
const SECONDS = 3

/** Milliseconds that half of somebody else's reads may take. Of the first two kinds it was 462 and 118. */
const READ = 15

/** Milliseconds that a refusal may take. */
const REFUSED = 200

const JSON_TYPE = { 'content-type': 'application/json' }

/** What costs most of what a client without a token can ask for. */
const KINDS: Record<string, Partial<autocannon.Options> & { path: string }> = {
  '5,000 members': post('/gettoken/', members(5000)),
  '30,000 elements': post('/api/emp_viewset', `{"empid": [${'1,'.repeat(30_000)}1]}`),
  'as many members as fit': post('/gettoken/', members(700)),
  'as many members as are counted': post('/api/emp_viewset', members(90)),
  'members that are given twice, far apart': post('/api/emp_viewset', `{"a": 1,${' '.repeat(64_000)}"a": 2}`),
  '64 kB of spaces': post('/api/emp_viewset', `{${' '.repeat(65_000)}}`),
  'a string of 64 kB': post('/api/emp_viewset', JSON.stringify({ empname: 'x'.repeat(65_000) })),
  '64 kB of quotes': post('/api/emp_viewset', `"${'\\"'.repeat(32_000)}`),
  '10 fields of a form': {
    ...post('/gettoken/', Array.from({ length: 10 }, (_, index) => `f${index}=${'%41'.repeat(260)}`).join('&')),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  },
  'the document, gzip': { path: '/openapi.json', headers: { 'accept-encoding': 'gzip' } },
  'the document': { path: '/openapi.json' },
  'the collection': { path: '/postman_collection.json' },
  'an Accept header of 16,000 commas': { path: '/api/', headers: { accept: ','.repeat(16_000) } },
  'an Accept header for the first page': { path: '/', headers: { accept: 'a/b,'.repeat(4000) } },
  '3,000 header lines': { path: '/api/', headers: Object.fromEntries(lines(3000)) },
  '1,000 names in the query': { path: `/api/emp_viewset?${'a&'.repeat(7000)}` },
}

onSqlite(`${CLIENTS} clients without a token`, () => {
  let database: Database
  let server: ServerProcess
  let token: string

  before(async () => {
    database = await freshDatabase()
    server = await startServer({ ...database.env, LATCHKEY_LOG_LEVEL: 'warn' })
    token = await tokenOf(server)
    await server.fetch('/api/emp_viewset', { token, json: { empid: 1, empname: 'Srinu', salary: 1 } })
  })

  after(async () => {
    await server.stop('SIGKILL')
    await database.remove()
  })

  for (const [kind, { path, ...request }] of Object.entries(KINDS))
    it(`that send ${kind} without a pause slow others down to ${READ} ms at most`, async () => {
      // A thread of its own: else the one that measures would be what is slow.
      const options = { ...request, url: server.url + path, connections: CLIENTS, duration: SECONDS, workers: 1 }
      const load = autocannon(options)
      const times = await readsDuring(server, token, load)
      const { requests } = await load
      console.log(`      ${(requests.total / SECONDS).toFixed(0)} a second; ${told(times)}`)
      expect(requests.total).to.be.above(0)
      expect(times.p50).to.be.below(READ)
    }).timeout(30_000)
})

onSqlite('what is too much', () => {
  let database: Database
  let server: ServerProcess

  before(async () => {
    database = await freshDatabase()
    server = await startServer({ ...database.env, LATCHKEY_LOG_LEVEL: 'warn' })
  })

  after(async () => {
    await server.stop('SIGKILL')
    await database.remove()
  })

  it(`is refused within ${REFUSED} ms, and its memory is given back`, async () => {
    const authorization = `Token ${await tokenOf(server)}`
    const send = async (status: number, path: string, body?: string | Buffer, headers: Record<string, string> = {}) => {
      const started = performance.now()
      const method = body === undefined ? 'GET' : 'POST'
      const request = httpRequest(server.url + path, { method, headers: { authorization, ...JSON_TYPE, ...headers } })
      request.on('error', () => {}).end(body)
      const [response] = await once(request, 'response')
      response.resume()
      return { status: response.statusCode, expected: status, milliseconds: performance.now() - started, path }
    }
    const names = (count: number) => Array.from({ length: count }, (_, index) => index.toString(36)).join('&')
    const round = async () => [
      await send(413, '/api/emp_viewset', '{"a": 1}'.padStart(101_000)),
      await send(415, '/api/emp_viewset', gzipSync('x'.repeat(50_000_000)), { 'content-encoding': 'gzip' }),
      await send(400, '/api/emp_viewset', '['.repeat(49_000) + ']'.repeat(16_000)),
      await send(431, '/api/emp_viewset', undefined, { other: 'x'.repeat(20_000) }),
      await send(431, `/api/emp_viewset?${names(10_000)}`),
      await send(400, `/api/emp_viewset?${names(3000)}`),
      await send(400, '/api/emp_viewset?limit=1000000000'),
      await send(431, `/api/emp_viewset?search=${'x'.repeat(200_000)}`),
      await send(400, `/api/emp_viewset?search=${'x'.repeat(15_000)}`),
    ]
    await round()
    const before = memoryOf(server)
    let longest = 0
    for (let turn = 0; turn < 20; turn++)
      for (const { status, expected, milliseconds, path } of await round()) {
        expect(status, path).to.equal(expected)
        longest = Math.max(longest, milliseconds)
      }
    const most = memoryOf(server)
    await expectWithin(60_000, async () => memoryOf(server) <= before + 20 * 1024)
    console.log(`      ${longest.toFixed(0)} ms at most; ${before}, then ${most}, then ${memoryOf(server)} kB`)
    expect(longest).to.be.below(REFUSED)
  }).timeout(120_000)
})

/** Kilobytes that a server holds. */
function memoryOf({ child }: ServerProcess) {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1])
}

function post(path: string, body: string) {
  return { path, method: 'POST' as const, headers: JSON_TYPE, body }
}

function members(count: number) {
  return `{${Array.from({ length: count }, (_, index) => `"m${index}": 1`).join()}}`
}

function lines(count: number): [name: string, value: string][] {
  return Array.from({ length: count }, (_, index) => [index.toString(36), ''])
}
