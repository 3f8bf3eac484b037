import { connect } from 'node:net'
import { expect } from 'chai'
import { accountOf, makeUser, raw, url } from './support.js'

describe('the lines of a request’s head', () => {
  let authorization: string

  beforeEach(async () => {
    authorization = `Authorization: Token ${await accountOf(await makeUser())}`
  })

  for (const count of [0, 1999, 2000, 2001, 3900])
    it(`are all seen: one that makes the request another one, after ${count}`, async () => {
      const lines = 'a:\r\n'.repeat(count)
      expect(await statusOf(`${authorization}\r\n${lines}`)).to.equal(200)
      expect(await statusOf(`${lines}${authorization}`)).to.equal(200)
      expect(await statusOf(`${authorization}\r\n${lines}Host: evil.example`)).to.equal(400)
      expect(await statusOf(`${authorization}\r\n${lines}${authorization}`)).to.equal(401)
      expect(await statusOf(`${authorization}\r\n${lines}Idempotency-Key: x`)).to.equal(400)
    })

  for (const [what, lines] of Object.entries({
    '5,000 of the shortest': 'a:\r\n'.repeat(5000),
    '16,000 of the shortest': 'a:\r\n'.repeat(16_000),
    'one of 17 kB': `a: ${'x'.repeat(17_000)}\r\n`,
    '300 that are 20 kB together': `a: ${'x'.repeat(64)}\r\n`.repeat(300),
  }))
    it(`are 431 beyond 16 kB: ${what}`, async () => {
      expect(await statusOf(`${authorization}\r\n${lines}Host: evil.example`)).to.equal(431)
    })

  it('may hold an Accept of a length that a browser sends', async () => {
    const send = (accept: string) => raw('GET', '/openapi.json', { headers: { accept } })
    expect((await send('application/json,'.repeat(100))).status).to.equal(200)
    expect((await send('application/json,'.repeat(200))).status).to.equal(406)
  })
})

/** Of a request whose lines after the first are these and a Host. */
async function statusOf(lines: string): Promise<number> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(`GET /api/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines.trimEnd()}\r\n\r\n`)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Number(/^HTTP\/1\.1 (\d+)/.exec(Buffer.concat(chunks).toString())?.[1])
}
