import { once } from 'node:events'
import { get } from 'node:http'
import { connect } from 'node:net'
import { expect } from 'chai'
import { newValue } from '../src/identity/tokens/value.js'
import { type Database, freshDatabase } from './databases.js'
import { CREDENTIALS, expectWithin, FIRST, ServerProcess } from './process.js'
import { sql } from './sql.js'

describe('the id of a request', function () {
  this.timeout(60_000)
  let database: Database
  let server: ServerProcess
  let failedSignIn: string
  let refusedRequest: string

  before(async () => {
    database = await freshDatabase()
    server = await ServerProcess.start({ ...database.env, ...FIRST })
    const token = await server.signIn()
    failedSignIn = await idIn(server.fetch('/gettoken/', { json: { ...CREDENTIALS, password: 'wrong' } }))
    const json = { name: 'narrow', scopes: ['employees:read'] }
    const narrow = (await (await server.fetch('/api/tokens', { token, json })).json()) as { token: string }
    refusedRequest = await idIn(server.fetch('/metrics', { token: narrow.token }))
    // What is refused is counted, and becomes an event at the latest when the server stops.
    await server.stop()
  })

  after(() => database.remove())

  const idIn = async (answer: Promise<Response>) => {
    const { instance } = (await (await answer).json()) as { instance: string }
    return instance.replace('urn:uuid:', '')
  }

  const recorded = async (condition: string) => {
    const statement = `SELECT DISTINCT request_id FROM events WHERE ${condition}`
    return (await sql(database.env.DATABASE_URL, statement)).map(({ request_id }) => request_id)
  }

  const logged = (path: string, status: number) =>
    server.lines.filter((line) => line.path === path && line.status === status).map((line) => line.request_id)

  it('is the same in a problem, in the log and in the event of a failed sign-in', async () => {
    expect(logged('/gettoken/', 400)).to.deep.equal([failedSignIn])
    expect(await recorded("action = 'login.failed'")).to.deep.equal([failedSignIn])
  })

  it('is the same in a problem, in the log and in the event of a refused request', async () => {
    expect(logged('/metrics', 403)).to.deep.equal([refusedRequest])
    expect(await recorded("action = 'request.refused'")).to.deep.equal([refusedRequest])
  })

  for (const action of ['login.succeeded', 'token.created'])
    it(`is the same in the log and in the event ${action} of a sign-in`, async () => {
      const narrow = logged('/api/tokens', 201)
      const found = (await recorded(`action = '${action}' AND actor = 'Srinivas'`)).filter((id) => !narrow.includes(id))
      expect(found).to.deep.equal(logged('/gettoken/', 200))
    })
})

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`

/** What a proxy may call a request. */
const TAKEN: [name: string, headers: Record<string, string>, id: string][] = [
  ['a UUID', { 'X-Request-Id': '0B5EE5A4-6b3c-4f1a-9d0f-3f5a2b1c4d5e' }, '0B5EE5A4-6b3c-4f1a-9d0f-3f5a2b1c4d5e'],
  [
    'the 32 digits of nginx',
    { 'X-Request-Id': '9f86d081884c7d659a2feaa0c55ad015' },
    '9f86d081884c7d659a2feaa0c55ad015',
  ],
  ['one sign', { 'X-Request-Id': '7' }, '7'],
  ['128 signs', { 'X-Request-Id': 'a'.repeat(128) }, 'a'.repeat(128)],
  ['its own name before the trace', { 'X-Request-Id': 'edge-1.a:b@c~d+e', traceparent: PARENT }, 'edge-1.a:b@c~d+e'],
  ['the trace', { traceparent: PARENT }, TRACE],
  ['the trace of a later version', { traceparent: `cc-${TRACE}-00f067aa0ba902b7-01-what-comes` }, TRACE],
  ['the trace, where its name cannot be', { 'X-Request-Id': 'a b', traceparent: PARENT }, TRACE],
]

const IGNORED: [name: string, headers: Record<string, string>][] = [
  ['nothing', {}],
  ['an empty name', { 'X-Request-Id': '' }],
  ['129 signs', { 'X-Request-Id': 'a'.repeat(129) }],
  ['a kilobyte', { 'X-Request-Id': 'a'.repeat(1024) }],
  ['a space', { 'X-Request-Id': 'a b' }],
  ['two names', { 'X-Request-Id': 'a, b' }],
  ['quotes', { 'X-Request-Id': '"a"' }],
  ['a slash', { 'X-Request-Id': 'a/b' }],
  ['letters that are not ASCII', { 'X-Request-Id': 'caf\u00e9' }],
  ['the value of a token', { 'X-Request-Id': newValue('lk') }],
  ['a trace of zeros', { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }],
  ['a span of zeros', { traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` }],
  ['capitals', { traceparent: PARENT.toUpperCase() }],
  ['the version that is none', { traceparent: `ff-${TRACE}-00f067aa0ba902b7-01` }],
  ['too much for its version', { traceparent: `${PARENT}-more` }],
  ['too few digits', { traceparent: PARENT.replace('4bf9', '4bf') }],
  ['two traces', { traceparent: `${PARENT}, ${PARENT}` }],
]

describe('what a proxy calls a request', function () {
  this.timeout(60_000)
  let database: Database
  let behindProxy: ServerProcess
  let alone: ServerProcess

  before(async () => {
    database = await freshDatabase()
    behindProxy = await ServerProcess.start({ ...database.env, ...FIRST, LATCHKEY_TRUST_PROXY: '127.0.0.1' })
    alone = await ServerProcess.start({ ...database.env, ...FIRST })
  })

  after(async () => {
    await Promise.all([behindProxy.stop(), alone.stop()])
    await database.remove()
  })

  const idOf = async (server: ServerProcess, headers: Record<string, string>) =>
    (await fetch(`${server.url}/api/`, { headers })).headers.get('request-id')

  for (const [name, headers, id] of TAKEN) {
    it(`is taken up from a trusted one: ${name}`, async () => {
      expect(await idOf(behindProxy, headers)).to.equal(id)
    })

    it(`is ignored where no proxy is trusted: ${name}`, async () => {
      expect(await idOf(alone, headers))
        .to.match(UUID)
        .and.not.equal(id)
    })
  }

  for (const [name, headers] of IGNORED)
    it(`is ignored where it cannot be a name: ${name}`, async () => {
      expect(await idOf(behindProxy, headers)).to.match(UUID)
    })

  it('stands in the response, its problem, the log and the trail', async () => {
    const headers = { 'X-Request-Id': 'edge-42', 'Content-Type': 'application/json' }
    const body = JSON.stringify({ ...CREDENTIALS, password: 'wrong' })
    const answer = await fetch(`${behindProxy.url}/gettoken/`, { method: 'POST', headers, body })
    expect(((await answer.json()) as { instance: string }).instance).to.equal('urn:request-id:edge-42')
    await behindProxy.stop()
    expect(behindProxy.lines.filter(({ request_id }) => request_id === 'edge-42')).to.have.lengthOf(1)
    const [event] = await sql(database.env.DATABASE_URL, "SELECT request_id FROM events WHERE action = 'login.failed'")
    expect(event).to.include({ request_id: 'edge-42' })
  })

  for (const [what, path, method] of [
    ['a success', '/healthz', 'GET'],
    ['a page', '/admin/', 'GET'],
    ['a refusal', '/api/emp_viewset', 'GET'],
    ['a path that is not there', '/nowhere', 'GET'],
    ['a host that is not served', '/api/', 'HOST'],
    ['an OPTIONS', '/api/', 'OPTIONS'],
    ['a head', '/openapi.json', 'HEAD'],
  ] as const)
    it(`or an id of our own stands in every response: ${what}`, async () => {
      const options = method === 'HOST' ? { path, setHost: false, headers: { Host: 'evil.example' } } : { path, method }
      const [response] = await once(get({ port: new URL(alone.url).port, host: '127.0.0.1', ...options }), 'response')
      expect(response.resume().headers['request-id']).to.match(UUID)
    })

  for (const [what, text, status] of [
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['no host', 'GET /api/ HTTP/1.1\r\n\r\n', 400],
    ['too long a head', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
  ] as const)
    it(`or an id of our own stands in every response, and in the log: ${what}`, async () => {
      const socket = connect(Number(new URL(alone.url).port), '127.0.0.1')
      socket.write(text)
      let answer = ''
      for await (const part of socket.setEncoding('utf8')) answer += part
      const [, found, id] = /^HTTP\/1\.1 (\d+) .*^Request-Id: (\S+)\r$/ms.exec(answer)!
      expect(Number(found)).to.equal(status)
      await expectWithin(2000, async () => alone.lines.some((line) => line.request_id === id && line.status === status))
    })
})
