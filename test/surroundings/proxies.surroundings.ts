import { once } from 'node:events'
import { get } from 'node:http'
import { type ClientHttp2Stream, connect as connectSecond } from 'node:http2'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { type Database, freshDatabase } from '../databases.js'
import { CREDENTIALS, FIRST, ServerProcess } from '../process.js'
import { ForeignProxy } from './proxy.js'

const EMPLOYEE = { empid: 101, empname: 'Srinu', salary: '20000.00' }

/** Requests that are refused before their body has come, each followed by one of another client. */
const ROUNDS = 30

describe('behind somebody else’s proxy', function () {
  this.timeout(60_000)
  let database: Database
  let server: ServerProcess
  let proxy: ForeignProxy | undefined

  before(async () => {
    database = await freshDatabase()
    server = await ServerProcess.start({ ...database.env, ...FIRST })
  })

  afterEach(async () => {
    await proxy?.stop()
    proxy = undefined
  })

  after(async () => {
    await server.stop()
    await database.remove()
  })

  it('that compresses JSON, a change by the ETag of a read is made, and one by an older ETag is not', async () => {
    proxy = await ForeignProxy.nginx(
      server.url,
      'gzip on; gzip_types application/json; gzip_min_length 0; gzip_proxied any;',
    )
    const headers = { Authorization: `Token ${await server.signIn()}`, 'Content-Type': 'application/json' }
    const url = `${proxy.url}/api/emp_viewset`
    await fetch(url, { method: 'POST', headers, body: JSON.stringify(EMPLOYEE) })
    const read = await fetch(`${url}/101`, { headers: { ...headers, 'Accept-Encoding': 'gzip' } })
    expect(read.headers.get('content-encoding')).to.equal('gzip')
    const tag = read.headers.get('etag')!
    expect(tag).to.match(/^W\//)
    const save = async (salary: string) => {
      const body = JSON.stringify({ ...EMPLOYEE, salary })
      return (await fetch(`${url}/101`, { method: 'PUT', headers: { ...headers, 'If-Match': tag }, body })).status
    }
    expect(await save('1.00')).to.equal(200)
    expect(await save('2.00')).to.equal(412)
    const again = { ...headers, 'If-None-Match': (await fetch(`${url}/101`, { headers })).headers.get('etag')! }
    // Not by fetch, which with this header adds `Cache-Control: no-cache`.
    const [second] = await once(get(`${url}/101`, { headers: again }), 'response')
    expect(second.resume().statusCode).to.equal(304)
  })

  it('that asks for a password of its own, the admin site’s cookie counts, and only from the admin site', async () => {
    const closed = 'auth_basic "office"; auth_basic_user_file FOLDER/users;'
    proxy = await ForeignProxy.nginx(server.url, closed, { users: 'office:{PLAIN}open-sesame\n' })
    const { url } = proxy
    const basic = `Basic ${Buffer.from('office:open-sesame').toString('base64')}`
    expect((await fetch(`${url}/api/`)).status).to.equal(401)
    const send = (site: string, path: string, cookie: string, body?: object) =>
      fetch(url + path, {
        method: body ? 'POST' : 'GET',
        headers: { Authorization: basic, Cookie: cookie, 'Sec-Fetch-Site': site, 'Content-Type': 'application/json' },
        body: body && JSON.stringify(body),
      })
    const signIn = await send('same-origin', '/api/sessions/current', '', CREDENTIALS)
    expect(signIn.status).to.equal(200)
    const [cookie] = signIn.headers.get('set-cookie')!.split(';')
    expect((await send('same-origin', '/api/emp_viewset', cookie!)).status).to.equal(200)
    expect((await send('same-origin', '/api/emp_viewset', cookie!, { ...EMPLOYEE, empid: 102 })).status).to.equal(201)
    expect((await send('cross-site', '/api/emp_viewset', cookie!, { ...EMPLOYEE, empid: 103 })).status).to.equal(403)
    const without = await send('same-origin', '/api/emp_viewset', '')
    expect(without.status).to.equal(401)
    expect(await without.json()).to.include({ detail: 'Authentication credentials were not provided.' })
  })

  it('that shares its connections, nobody’s request is taken for the rest of another one', async () => {
    proxy = await ForeignProxy.haproxy(server.url, 'h1')
    const statuses = new Counts()
    for (let round = 0; round < ROUNDS; round++) {
      const slow = connect(proxy.port, '127.0.0.1')
      slow.on('error', () => {})
      slow.write(
        'POST /gettoken/ HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
      )
      const [text] = await once(slow, 'data')
      statuses.add(`refused ${/^HTTP\/1\.1 (\d+)/.exec(String(text))?.[1]}`)
      // Half of them go on with their body, and half go away.
      if (round % 2 === 0) slow.write('x'.repeat(500))
      else slow.destroy()
      await wait(round)
      for (let next = 0; next < 3; next++) statuses.add(`next ${(await fetch(`${proxy.url}/api/`)).status}`)
      slow.destroy()
    }
    console.log(`      ${statuses}`)
    expect(statuses.found).to.deep.equal({ 'refused 403': ROUNDS, 'next 401': 3 * ROUNDS })
  })

  it('that speaks HTTP/2 and shares its connections, neither', async () => {
    proxy = await ForeignProxy.haproxy(server.url, 'h2')
    const statuses = new Counts()
    for (let round = 0; round < ROUNDS; round++) {
      const [slow, other] = [connectSecond(proxy.url), connectSecond(proxy.url)]
      const refused = slow.request({
        ':method': 'POST',
        ':path': '/gettoken/',
        'sec-fetch-site': 'cross-site',
        'content-type': 'application/json',
        'content-length': 1000,
      })
      refused.on('error', () => {})
      refused.write('{')
      statuses.add(`refused ${await statusOf(refused)}`)
      if (round % 2 === 0 && !refused.destroyed) refused.write('x'.repeat(500))
      else refused.close()
      await wait(round)
      // On the same connection of the client, and on another one.
      for (const session of [slow, other, slow])
        statuses.add(`next ${await statusOf(session.request({ ':path': '/api/' }))}`)
      for (const session of [slow, other]) session.destroy()
    }
    console.log(`      ${statuses}`)
    expect(statuses.found).to.deep.equal({ 'refused 403': ROUNDS, 'next 401': 3 * ROUNDS })
  })

  it('a refusal reaches a client whose body is large and still on its way', async () => {
    proxy = await ForeignProxy.haproxy(server.url, 'h1')
    const statuses: number[] = []
    for (const url of [server.url, proxy.url])
      for (let round = 0; round < ROUNDS; round++) {
        const headers = { 'Content-Type': 'application/json' }
        const sent = fetch(`${url}/gettoken/`, { method: 'POST', headers, body: 'x'.repeat(5_000_000) })
        statuses.push(await sent.then(({ status }) => status).catch(() => 0))
      }
    console.log(`      413 for ${statuses.filter((status) => status === 413).length} of ${statuses.length}`)
    expect(statuses.filter((status) => status !== 413)).to.deep.equal([])
  })
})

class Counts {
  readonly found: Record<string, number> = {}

  add(what: string): void {
    this.found[what] = (this.found[what] ?? 0) + 1
  }

  toString(): string {
    return JSON.stringify(this.found)
  }
}

/** Of a request over HTTP/2, whose body may still be on its way. */
async function statusOf(request: ClientHttp2Stream): Promise<unknown> {
  const [headers] = await once(request, 'response')
  request.resume()
  return headers[':status']
}
