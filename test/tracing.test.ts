import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { isSqlite } from '../src/platform/database/connection.js'
import { Collector, type Received } from './collector.js'
import { type Database, freshDatabase } from './databases.js'
import { CREDENTIALS, FIRST, ServerProcess } from './process.js'

const EMPLOYEE = { empname: 'Srinu', salary: '20000.00' }

/** Requests that are sent at once: on SQLite their writes share a commit. */
const AT_ONCE = 20

describe('a trace', function () {
  this.timeout(60_000)
  let database: Database
  let collector: Collector
  let token: string
  const parents = Array.from({ length: AT_ONCE }, () => newParent())
  const unsampled = newParent()

  before(async () => {
    database = await freshDatabase()
    collector = await Collector.start()
    const server = await ServerProcess.start({
      ...database.env,
      ...FIRST,
      LATCHKEY_TRUST_PROXY: '127.0.0.1',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    })
    token = await server.signIn()
    const send = (path: string, { traceId, spanId }: Parent, flags: string, body?: object) =>
      fetch(server.url + path, {
        method: body ? 'POST' : 'GET',
        headers: {
          Authorization: `Token ${token}`,
          'Content-Type': 'application/json',
          traceparent: `00-${traceId}-${spanId}-${flags}`,
        },
        body: body && JSON.stringify(body),
      })
    const creates = parents.map((parent, index) =>
      send('/api/emp_viewset', parent, '01', { empid: 101 + index, ...EMPLOYEE, empname: `planted ${index}` }),
    )
    for (const create of creates) expect((await create).status).to.equal(201)
    await send('/api/emp_viewset/101', unsampled, '00')
    await server.fetch('/api/emp_viewset?search=planted-search', { token })
    await server.fetch(`/api/${token}`, { token })
    await server.fetch('/gettoken/', { json: { ...CREDENTIALS, password: 'planted-password' } })
    // What is left is sent before it ends.
    expect(await server.stop()).to.equal(0)
    collector.stop()
  })

  after(() => database.remove())

  const named = (name: string) => collector.spans.filter((span) => span.name === name)

  /** The spans above it, up to the one that no other is above. */
  const above = (span: Received): Received[] => {
    const parent = collector.spans.find(({ spanId }) => spanId === span.parentSpanId)
    return parent ? [parent, ...above(parent)] : []
  }

  it('has a span for the request, by the conventions for HTTP servers, in the trace of the proxy', () => {
    for (const [index, { traceId, spanId }] of parents.entries()) {
      const [span] = named('POST /api/emp_viewset').filter((span) => span.traceId === traceId)
      expect(span, `request ${index}`).to.include({ parentSpanId: spanId, kind: 2, status: 0 })
      expect(span!.attributes).to.include({
        'http.request.method': 'POST',
        'http.route': '/api/emp_viewset',
        'http.response.status_code': 201,
        'url.scheme': 'http',
        'latchkey.operation': 'createEmployee',
        'latchkey.request_id': traceId,
      })
    }
  })

  it('has the transaction of a write and its statements below the request that they are for', () => {
    const inserts = collector.spans.filter(
      ({ attributes }) =>
        attributes['db.operation.name'] === 'INSERT' && attributes['db.collection.name'] === 'employees',
    )
    expect(inserts.map(({ traceId }) => traceId)).to.have.members(parents.map(({ traceId }) => traceId))
    for (const insert of inserts) {
      expect(above(insert).map(({ name }) => name)).to.deep.equal(['transaction', 'POST /api/emp_viewset'])
      expect(above(insert).every(({ traceId }) => traceId === insert.traceId)).to.equal(true)
      expect(insert.kind).to.equal(3)
    }
  })

  it('has prepared reads, such as the look for a token, and Sequelize’s own', () => {
    const reads = named('SELECT tokens').filter((span) => above(span)[0]?.name === 'POST /api/emp_viewset')
    expect(reads).not.to.deep.equal([])
    expect(reads[0]!.attributes).to.include({ 'db.system.name': isSqlite ? 'sqlite' : 'postgresql' })
    expect(named('SELECT known_addresses').map((span) => above(span)[0]!.name)).to.include('POST /gettoken/')
  })

  it('has the hash of a password', () => {
    const parents = named('password hash').map((span) => above(span)[0]!.name)
    expect(parents).to.deep.equal(['POST /gettoken/', 'POST /gettoken/'])
  })

  it('is whole: each span has its parent in it, but for the request', () => {
    for (const span of collector.spans.filter(({ kind }) => kind !== 2))
      expect(above(span).at(-1), `${span.name} of ${span.traceId}`).to.include({ kind: 2, traceId: span.traceId })
  })

  it('is not sent where the proxy says that it is not sampled', () => {
    expect(collector.text).not.to.contain(unsampled.traceId)
  })

  it('says which service it is of', () => {
    expect(collector.spans[0]!.resource).to.include({ 'service.name': 'latchkey' })
  })

  it('holds nothing secret and no value of a statement', () => {
    for (const secret of [token.slice(3, -4), FIRST.LATCHKEY_SUPERUSER_PASSWORD, 'planted', 'Srinivas'])
      expect(collector.text).not.to.contain(secret)
    for (const { attributes } of collector.spans) expect(String(attributes['db.query.text'])).not.to.match(/'|= \d/)
  })
})

interface Parent {
  traceId: string
  spanId: string
}

function newParent(): Parent {
  return { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') }
}
