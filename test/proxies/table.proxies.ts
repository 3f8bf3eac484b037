import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { newValue } from '../../src/identity/tokens/value.js'
import { type Database, freshDatabase } from '../databases.js'
import { ask, type Question, token } from './ask.js'
import { BESIDE, CONNECTIONS, FORGED, identityIn, identityOf, NAMES, PATHS } from './cases.js'
import { Gate, KINDS } from './gates.js'
import { Authority, type Person } from './people.js'
import { EchoService } from './service.js'

/** Where clients come from, and from where a token does not count. */
const HOME = '127.0.0.5'
const AWAY = '127.0.0.6'

type Given = { id: number; value: string }

let database: Database
let latchkey: Authority
let service: EchoService
let room: string
let anna: Person
const tokens: Record<string, Given> = {}
const named: [Person, Given][] = []

describe('a service behind Latchkey', function () {
  this.timeout(60_000)
  /** Case -> kind -> what it gave. */
  const cells = new Map<string, Map<string, string>>()

  before(async () => {
    database = await freshDatabase()
    latchkey = await Authority.start(database.env)
    service = await EchoService.start()
    room = await mkdtemp('build/proxies-')
    await makeTokens()
  })

  after(async () => {
    await latchkey?.stop()
    service?.close()
    await rm(room, { recursive: true, force: true })
    await database?.remove()
    const width = Math.max(...[...cells.keys()].map((title) => title.length))
    console.log(`\n    ${''.padEnd(width)}  ${KINDS.map(({ name }) => name.padEnd(8)).join(' ')}`)
    for (const [title, row] of cells)
      console.log(`    ${title.padEnd(width)}  ${KINDS.map(({ name }) => (row.get(name) ?? '').padEnd(8)).join(' ')}`)
  })

  for (const kind of KINDS)
    describe(`by ${kind.name}`, () => {
      const isProxy = kind.kind === 'proxy'
      let gate: Gate

      before(async () => {
        gate = await Gate.start(kind, { latchkey: [latchkey.port], service: service.port, room })
        // As it was released, and not as a package installs it.
        service.reached.length = 0
      })

      after(() => gate?.stop())

      afterEach(() => {
        service.reached.length = 0
      })

      /** One cell of the table. */
      const cell = (title: string, run: () => Promise<string>) =>
        it(title, async () => {
          const row = cells.get(title) ?? cells.set(title, new Map()).get(title)!
          row.set(kind.name, 'FAILED')
          row.set(kind.name, await run())
        })

      const send = (question: Question = {}) => ask(gate.port, { from: HOME, ...question })
      const get = (given: Given, question: Question = {}) =>
        send({ ...question, lines: [token(given.value), ...(question.lines ?? [])] })

      /** Whom the service took the request for. */
      const whoIn = (text: string) => {
        const said = JSON.parse(text)
        if (!isProxy) return { who: `${said.id} ${said.name}`, wanted: `${anna.id} ${anna.name}` }
        return { who: identityIn(said.headers), wanted: identityOf(anna, tokens.reads!.id, 'employees:read') }
      }
      const expectAnna = (text: string) => {
        const { who, wanted } = whoIn(text)
        expect(who).to.equal(wanted)
      }

      const refused = (title: string, status: number, question: () => Question) =>
        cell(title, async () => {
          const reply = await send(question())
          expect(reply.status, reply.text).to.equal(status)
          expect(service.reached).to.deep.equal([])
          if (status === 401) expect(reply.headers['www-authenticate']).to.equal('Token realm="latchkey"')
          return String(reply.status)
        })

      cell('a token that has the scope', async () => {
        const reply = await get(tokens.reads!)
        expect(reply.status, reply.text).to.equal(200)
        expectAnna(reply.text)
        return '200'
      })

      cell('Bearer, a query and what is nothing to a check', async () => {
        const lines = [`Authorization: Bearer ${tokens.reads!.value}`, ...BESIDE]
        const reply = await send({ path: '/?scope=users:write&x=%2e%2e', lines })
        expect(reply.status, reply.text).to.equal(200)
        expectAnna(reply.text)
        return '200'
      })

      refused('no token', 401, () => ({}))
      refused('junk', 401, () => ({ lines: [token('junk')] }))
      refused('a value that nobody was given', 401, () => ({ lines: [token(newValue('lk'))] }))
      refused('revoked', 401, () => ({ lines: [token(tokens.revoked!.value)] }))
      refused('expired', 401, () => ({ lines: [token(tokens.expired!.value)] }))
      refused('of a disabled user', 401, () => ({ lines: [token(tokens.disabled!.value)] }))
      refused('from another network', 401, () => ({ from: AWAY, lines: [token(tokens.bound!.value)] }))
      refused('from another network that says that it is the right one', 401, () => ({
        from: AWAY,
        lines: [token(tokens.bound!.value), `X-Forwarded-For: ${HOME}`, `Forwarded: for=${HOME}`, `X-Real-IP: ${HOME}`],
      }))
      refused('the scope is missing', 403, () => ({ lines: [token(tokens.writes!.value)] }))

      cell('from the right network', async () => {
        const reply = await get(tokens.bound!)
        expect(reply.status, reply.text).to.equal(200)
        return '200'
      })

      cell('beyond its limit', async () => {
        const limited = await latchkey.give(anna, { rate_limit: { requests: 1, seconds: 60 } })
        expect((await get(limited)).status).to.equal(200)
        service.reached.length = 0
        const reply = await get(limited)
        expect(reply.status, reply.text).to.equal(429)
        expect(Number(reply.headers['retry-after'])).to.be.within(1, 60)
        expect(service.reached).to.deep.equal([])
        return '429'
      })

      cell('two Authorization headers', async () => {
        const statuses = new Set<number>()
        for (const values of [
          [tokens.reads!.value, 'junk'],
          ['junk', tokens.reads!.value],
          [tokens.reads!.value, tokens.reads!.value],
        ])
          statuses.add((await send({ lines: values.map(token) })).status)
        expect(service.reached).to.deep.equal([])
        // nginx refuses such a request by itself.
        expect([...statuses]).to.deep.equal([kind.name === 'nginx' ? 400 : 401])
        return [...statuses].join(' ')
      })

      cell(`a forged identity, ${FORGED.length} spellings`, async () => {
        for (const name of FORGED) {
          const reply = await get(tokens.reads!, { lines: [`${name}: 1`, `${name}: mallory`] })
          // A name that is none is refused by some.
          if (reply.status === 400 && name.endsWith(' ')) continue
          expect(reply.status, `${name}: ${reply.text}`).to.equal(200)
          expectAnna(reply.text)
          service.reached.length = 0
          const nobody = await send({ lines: [`${name}: 1`] })
          expect(nobody.status, name).to.be.oneOf(name.endsWith(' ') ? [400, 401] : [401])
          expect(service.reached, name).to.deep.equal([])
          if (!isProxy) continue
          await send({ method: 'OPTIONS', lines: [`${name}: 1`] })
          for (const { headers } of service.reached) expect(identityIn(headers), name).to.equal('')
        }
        return 'none'
      })

      cell('a forged identity by way of Connection', async () => {
        for (const value of CONNECTIONS) {
          const lines = [`Connection: ${value}`, 'X-Latchkey-User-Id: 1', 'X-Latchkey-User: mallory']
          const reply = await get(tokens.reads!, { lines })
          expect(reply.status, `${value}: ${reply.text}`).to.equal(200)
          expectAnna(reply.text)
          service.reached.length = 0
          expect((await send({ lines })).status, value).to.equal(401)
          expect(service.reached, value).to.deep.equal([])
        }
        return 'none'
      })

      cell(`${PATHS.length} dotted and encoded paths without a token`, async () => {
        const statuses = new Set<number>()
        for (const path of PATHS) {
          const { status, text } = await send({ path })
          statuses.add(status)
          expect(status, `${path}: ${text}`).to.be.oneOf([400, 401, 404])
          expect(service.reached, path).to.deep.equal([])
        }
        return [...statuses].sort().join(' ')
      })

      cell('OPTIONS without a token', async () => {
        const lines = ['Origin: https://app.example', 'Access-Control-Request-Method: GET']
        const { status } = await send({ method: 'OPTIONS', lines })
        // A preflight reaches a service behind a proxy, as nobody's.
        if (isProxy) {
          expect(status).to.equal(200)
          expect(identityIn(service.reached[0]!.headers)).to.equal('')
        } else expect(status).to.be.oneOf([401, 405])
        return String(status)
      })

      cell('HEAD with and without a token', async () => {
        const held = await get(tokens.reads!, { method: 'HEAD' })
        service.reached.length = 0
        const missing = await send({ method: 'HEAD' })
        expect([held.status, missing.status]).to.deep.equal([200, 401])
        expect(service.reached).to.deep.equal([])
        return '200 401'
      })

      cell('one connection, with a token and without', async () => {
        const head = 'GET / HTTP/1.1\r\nHost: localhost\r\n'
        const good = `${head}${token(tokens.reads!.value)}\r\n\r\n`
        const statuses = await statusesOn(gate.port, [
          good,
          `${head}\r\n`,
          good,
          `${head}${token('junk')}\r\n\r\n`,
          good,
        ])
        expect(statuses).to.deep.equal([200, 401, 200, 401, 200])
        return 'each'
      })

      cell('names that are not ASCII', async () => {
        for (const [person, given] of named) {
          const reply = await get(given)
          expect(reply.status, reply.text).to.equal(200)
          if (isProxy)
            expect(identityIn(JSON.parse(reply.text).headers)).to.equal(identityOf(person, given.id, 'employees:read'))
          else
            expect(JSON.parse(reply.text)).to.satisfy(
              (said: Person) => said.name === person.name && Number(said.id) === person.id,
            )
        }
        return '200'
      })

      const upgrade = [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${btoa('0123456789abcdef')}`,
      ]

      cell('a websocket without a token', async () => {
        const { status } = await send({ lines: upgrade })
        expect(status).to.be.oneOf(isProxy ? [401] : [401, 403, 404])
        expect(service.reached).to.deep.equal([])
        return String(status)
      })

      if (!isProxy) return

      cell('a websocket with a token', async () => {
        const reply = await get(tokens.reads!, { lines: upgrade })
        expect(reply.status, reply.text).to.equal(101)
        expect(identityIn(service.reached[0]!.headers)).to.equal(identityOf(anna, tokens.reads!.id, 'employees:read'))
        return '101'
      })

      cell('a write with a token that may read, and with one that may write', async () => {
        const body = 'x'.repeat(500_000)
        const reads = await get(tokens.reads!, { method: 'POST', body })
        const strange = await get(tokens.reads!, { method: 'PURGE', body: '' })
        expect(service.reached).to.deep.equal([])
        const writes = await get(tokens.writes!, { method: 'POST', body })
        expect([reads.status, strange.status, writes.status]).to.deep.equal([403, 403, 200])
        expect(JSON.parse(writes.text).length).to.equal(body.length)
        return '403 200'
      })

      cell('the service is given no Authorization', async () => {
        for (const name of ['Authorization', 'authorization', 'AUTHORIZATION']) {
          const { text } = await send({ lines: [`${name}: Token ${tokens.reads!.value}`] })
          expect(text).to.not.contain(tokens.reads!.value)
        }
        return 'none'
      })

      cell('what it logs has no token', async () => {
        expect(gate.log).to.not.contain(tokens.reads!.value)
        return 'none'
      })
    })
})

async function makeTokens() {
  anna = await latchkey.add('anna')
  const ben = await latchkey.add('ben')
  tokens.reads = await latchkey.give(anna)
  tokens.writes = await latchkey.give(anna, { scopes: ['employees:write'] })
  tokens.bound = await latchkey.give(anna, { networks: [`${HOME}/32`] })
  tokens.revoked = await latchkey.give(anna)
  await latchkey.revoke(tokens.revoked.id)
  tokens.disabled = await latchkey.give(ben)
  await latchkey.disable(ben)
  for (const name of NAMES) {
    const person = await latchkey.add(name)
    named.push([person, await latchkey.give(person)])
  }
  const end = Date.now() + 1500
  tokens.expired = await latchkey.give(anna, { expires_at: new Date(end).toISOString() })
  await wait(Math.max(0, end - Date.now() + 50))
}

/** The status of each request, one after the other on one connection. */
function statusesOn(port: number, requests: string[]): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: HOME })
    const statuses: number[] = []
    let received = ''
    const next = () => {
      received = ''
      const request = requests[statuses.length]
      if (request) return socket.write(request)
      socket.destroy()
      return resolve(statuses)
    }
    socket
      .setEncoding('utf8')
      .on('connect', next)
      .on('error', reject)
      .on('close', () => resolve(statuses))
      .on('data', (text: string) => {
        received += text
        const [, start, body] = /^(.*?\r\n)\r\n(.*)$/s.exec(received) ?? []
        if (start === undefined) return
        const length = /^content-length: *(\d+)/im.exec(start)?.[1]
        const isWhole =
          length === undefined ? /(^|\r\n)0\r\n\r\n$/.test(body!) : Buffer.byteLength(body!) >= Number(length)
        if (!isWhole) return
        statuses.push(Number(start.slice(9, 12)))
        next()
      })
  })
}
