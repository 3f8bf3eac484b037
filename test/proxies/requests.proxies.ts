import { expect } from 'chai'
import { statusesOn, token } from './ask.js'
import { BESIDE, CONNECTIONS, FORGED, identityIn, identityOf, PATHS } from './cases.js'
import { describeTable, HOME, Stage } from './table.js'

const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${btoa('0123456789abcdef')}`,
]

const stage = new Stage()

/** What becomes of a request by its form: methods, paths, connections, and headers that claim to be somebody. */
describeTable('what gets past', stage, {
  prepare: async () => {},

  cases(column) {
    const { cell, isProxy } = column

    cell('Bearer, a query and what is nothing to a check', async () => {
      const lines = [`Authorization: Bearer ${stage.reads.value}`, ...BESIDE]
      column.expectIn(await column.send({ path: '/?scope=users:write&x=%2e%2e', lines }))
      return '200'
    })

    cell('two Authorization headers', async () => {
      const statuses = new Set<number>()
      for (const values of [
        [stage.reads.value, 'junk'],
        ['junk', stage.reads.value],
        [stage.reads.value, stage.reads.value],
      ])
        statuses.add((await column.send({ lines: values.map(token) })).status)
      column.expectNobody()
      // nginx refuses such a request by itself.
      expect([...statuses]).to.deep.equal([column.isNginx ? 400 : 401])
      return [...statuses].join(' ')
    })

    cell(`a forged identity, ${FORGED.length} spellings`, async () => {
      for (const name of FORGED) {
        const reply = await column.get(stage.reads, { lines: [`${name}: 1`, `${name}: mallory`] })
        // A name that is none is refused by some.
        if (reply.status === 400 && name.endsWith(' ')) continue
        column.expectIn(reply)
        stage.service.reached.length = 0
        const nobody = await column.send({ lines: [`${name}: 1`] })
        expect(nobody.status, name).to.be.oneOf(name.endsWith(' ') ? [400, 401] : [401])
        column.expectNobody(name)
        if (!isProxy) continue
        await column.expectPreflightOfNobody([`${name}: 1`])
      }
      return 'none'
    })

    cell('a forged identity by way of Connection', async () => {
      for (const value of [...CONNECTIONS, ...FORGED.map((name) => `close, ${name}`)]) {
        const lines = [`Connection: ${value}`, 'X-Latchkey-User-Id: 1', 'X-Latchkey-User: mallory']
        column.expectIn(await column.get(stage.reads, { lines }))
        stage.service.reached.length = 0
        expect((await column.send({ lines })).status, value).to.equal(401)
        column.expectNobody(value)
        if (isProxy) await column.expectPreflightOfNobody(lines)
      }
      return 'none'
    })

    cell(`${PATHS.length} dotted and encoded paths without a token`, async () => {
      const statuses = new Set<number>()
      for (const path of PATHS) {
        const { status, text } = await column.send({ path })
        statuses.add(status)
        expect(status, `${path}: ${text}`).to.be.oneOf([400, 401, 404])
        column.expectNobody(path)
      }
      return [...statuses].sort().join(' ')
    })

    cell('OPTIONS without a token', async () => {
      const lines = ['Origin: https://app.example', 'Access-Control-Request-Method: GET']
      if (isProxy) {
        await column.expectPreflightOfNobody(lines)
        return '200'
      }
      const { status } = await column.send({ method: 'OPTIONS', lines })
      expect(status).to.be.oneOf([401, 405])
      return String(status)
    })

    cell('HEAD with and without a token', async () => {
      const held = await column.get(stage.reads, { method: 'HEAD' })
      stage.service.reached.length = 0
      const missing = await column.send({ method: 'HEAD' })
      expect([held.status, missing.status]).to.deep.equal([200, 401])
      column.expectNobody()
      return '200 401'
    })

    cell('one connection, with a token and without', async () => {
      const head = 'GET / HTTP/1.1\r\nHost: localhost\r\n'
      const good = `${head}${token(stage.reads.value)}\r\n\r\n`
      const requests = [good, `${head}\r\n`, good, `${head}${token('junk')}\r\n\r\n`, good]
      expect(await statusesOn(column.gate.port, HOME, requests)).to.deep.equal([200, 401, 200, 401, 200])
      return 'each'
    })

    cell('a websocket without a token', async () => {
      const { status } = await column.send({ lines: UPGRADE })
      expect(status).to.be.oneOf(isProxy ? [401] : [401, 403, 404])
      column.expectNobody()
      return String(status)
    })

    if (!isProxy) return

    cell('a websocket with a token, and a forged identity', async () => {
      const forged = FORGED.filter((name) => !name.endsWith(' ')).map((name) => `${name}: 1`)
      const reply = await column.get(stage.reads, { lines: [...UPGRADE, ...forged] })
      expect(reply.status, reply.text).to.equal(101)
      const [{ headers }] = stage.service.reached as [(typeof stage.service.reached)[0]]
      expect(identityIn(headers)).to.equal(identityOf(stage.anna, stage.reads.id, 'reports:read'))
      return '101'
    })

    cell('the service is given no Authorization', async () => {
      for (const name of ['Authorization', 'authorization', 'AUTHORIZATION']) {
        const reply = await column.send({ lines: [`${name}: Token ${stage.reads.value}`] })
        column.expectIn(reply)
        expect(reply.text).to.not.contain(stage.reads.value)
      }
      return 'none'
    })

    cell('what it logs has no token', async () => {
      column.expectIn(await column.get(stage.reads))
      expect(column.gate.log).to.not.contain(stage.reads.value)
      return 'none'
    })
  },
})
