import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { type Database, freshDatabase } from '../databases.js'
import { freePort } from '../postgres.js'
import { ask, token } from './ask.js'
import { encoded } from './cases.js'
import { Gate, KINDS, type Place, PROXIES } from './gates.js'
import { Authority, type Person } from './people.js'
import { EchoService } from './service.js'
import { StandIn } from './stand-in.js'

/** Four bytes of UTF-8 each, so that it is twelve characters in a header. */
const LONGEST_NAME = '𠀀'.repeat(150)

/** The longest head of a check: 4,572 bytes, with such a name and 2,000 characters of scopes (measured). */
const LONGEST_HEAD = {
  'X-Latchkey-User': encoded(LONGEST_NAME),
  'X-Latchkey-User-Id': '2147483647',
  'X-Latchkey-Token-Id': '2147483647',
  'X-Latchkey-Scopes': `employees:read ${'employees:'.padEnd(1985, 'x')}`,
  Beside: 'x'.repeat(700),
}

/** What would make of a connection something that no check sees: each by itself, and hidden behind or before a websocket. */
const PROTOCOLS: string[][] = [
  ['h2c'],
  ['websocket, h2c'],
  ['h2c, websocket'],
  ['h2c', 'websocket'],
  ['websocket', 'h2c'],
  ['TLS/1.0'],
  ['websocket2'],
]

describe('a head that is long, or asks for another protocol', function () {
  this.timeout(60_000)
  let database: Database
  let latchkey: Authority
  let service: EchoService
  let room: string
  let anna: Person
  let value: string

  before(async () => {
    database = await freshDatabase()
    latchkey = await Authority.start(database.env)
    service = await EchoService.start()
    room = await mkdtemp('build/heads-')
    anna = await latchkey.add(LONGEST_NAME)
    value = (await latchkey.give(anna)).value
  })

  after(async () => {
    await latchkey?.stop()
    service?.close()
    await rm(room, { recursive: true, force: true })
    await database?.remove()
  })

  for (const kind of KINDS)
    describe(`by ${kind.name}`, () => {
      let gate: Gate
      /** With something else in Latchkey's place. */
      let place: Place

      before(async () => {
        gate = await Gate.start(kind, { latchkey: [latchkey.port], service: service.port, room })
        place = { latchkey: [await freePort()], service: service.port, room: await mkdtemp(`${room}/longest-`) }
      })

      after(() => gate?.stop())

      beforeEach(() => {
        service.reached.length = 0
      })

      it('the longest name arrives', async () => {
        const { status, text } = await ask(gate.port, { lines: [token(value)] })
        expect(status, text).to.equal(200)
        expect(text).to.contain(kind.kind === 'proxy' ? encoded(anna.name) : `${anna.id}`)
      })

      it('the longest head of a check arrives', async () => {
        const longest = await StandIn.at(place.latchkey[0], { title: '', status: 200, headers: LONGEST_HEAD })
        const other = await Gate.start(kind, place)
        const { status, text } = await ask(other.port).finally(() => Promise.all([other.stop(), longest.close()]))
        expect(status, text).to.equal(200)
        if (kind.kind === 'proxy') expect(text).to.contain(LONGEST_HEAD['X-Latchkey-Scopes'])
      })

      it('a credential that is not ASCII is no good one, and no outage', async () => {
        expect((await ask(gate.port, { lines: [token('é')] })).status).to.equal(401)
      })

      it('what says something else than Latchkey holds no connections', async () => {
        const server = createServer((_request, response) => response.writeHead(404).end('x'.repeat(200_000)))
        await once(server.listen(place.latchkey[0], '127.0.0.1'), 'listening')
        const other = await Gate.start(kind, place)
        const statuses = new Set<number>()
        for (let count = 0; count < 30; count++) statuses.add((await ask(other.port)).status)
        const open = await promisify(server.getConnections.bind(server))()
        await other.stop()
        server.closeAllConnections()
        await promisify(server.close.bind(server))()
        expect([...statuses]).to.deep.equal([503])
        expect(open).to.be.lessThan(5)
      })

      if (!PROXIES.includes(kind)) return

      for (const protocols of PROTOCOLS)
        it(`no service is asked for anything but a websocket: ${protocols.join(' and ')}`, async () => {
          const lines = ['Connection: Upgrade, HTTP2-Settings', ...protocols.map((name) => `Upgrade: ${name}`)]
          for (const method of ['GET', 'POST', 'OPTIONS']) await ask(gate.port, { method, lines, body: '' })
          const { status } = await ask(gate.port, { lines: [...lines, token(value)] })
          // Some of them HAProxy refuses by itself.
          expect(status).to.be.oneOf([101, 200, 400])
          for (const { method, headers } of service.reached) {
            const asked = headers.flatMap(([name, text]) => (/^upgrade$/i.test(name) ? [text] : []))
            expect([`${method} `, 'GET websocket']).to.include(`${method} ${asked}`)
          }
        })

      it('no head of a client, of any length, pushes the identity out', async () => {
        for (let length = 12_000; length < 16_500; length += 30) {
          const lines = ['A', 'B', 'C'].map((name) => `${name}: `.padEnd(length / 3, 'x'))
          const { status } = await ask(gate.port, { lines: [token(value), ...lines] })
          expect(status, `${length} bytes`).to.be.oneOf([200, 400, 431])
          for (const { headers } of service.reached.splice(0))
            expect(headers.filter(([name]) => /latchkey/i.test(name)).length, `${length} bytes`).to.equal(4)
        }
      })

      it('a preflight opens no websocket', async () => {
        const lines = ['Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Key: ${btoa('0123456789abcdef')}`]
        expect((await ask(gate.port, { method: 'OPTIONS', lines })).status).to.not.equal(101)
      })
    })
})
