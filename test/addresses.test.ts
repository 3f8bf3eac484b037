import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { createApp } from '../src/http/app.js'
import { writeUses } from '../src/identity/access/usage.js'
import { addressKey, networkKey } from '../src/platform/addresses.js'
import { settings } from '../src/platform/config.js'
import { clientOf, makePersonal, makeUser, PASSWORD, raw, superuserClient } from './support.js'

/** The service as it is behind proxies. */
async function behind(trustProxy: number | string[]) {
  const server: Server = createServer(createApp({ ...settings(), trustProxy, isBehindProxy: true }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    send: (path: string, forwarded: string, { token, json }: { token?: string; json?: object } = {}) =>
      fetch(`${url}${path}`, {
        method: json ? 'POST' : 'GET',
        headers: {
          'X-Forwarded-For': forwarded,
          ...(token && { Authorization: `Token ${token}` }),
          ...(json && { 'Content-Type': 'application/json' }),
        },
        body: json && JSON.stringify(json),
      }),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

let proxied: Awaited<ReturnType<typeof behind>>

/** The address that the service takes a request to come from, as the record of the token tells it. */
async function addressOf(forwarded: string) {
  const user = await makeUser()
  const { token, value } = await makePersonal(user)
  await proxied.send('/api/emp_viewset', forwarded, { token: value })
  await writeUses()
  return (await (await clientOf(user)).get(`/api/tokens/${token.id}`)).body.last_used_from
}

describe('the address of a request behind a trusted proxy', () => {
  before(async () => {
    proxied = await behind(['127.0.0.1', '10.0.0.0/8', '2001:db8:ffff::/48'])
  })

  after(() => proxied.close())

  for (const [forwarded, address] of [
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:40001', '203.0.113.9'],
    ['[203.0.113.9]:40001', '203.0.113.9'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:0DB8:0:0::0001', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:443', 'fe80::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['[::FFFF:203.0.113.9]:40001', '203.0.113.9'],
    ['198.51.100.1, 203.0.113.9:40001', '203.0.113.9'],
    ['203.0.113.9:40001, 10.1.2.3:50000', '203.0.113.9'],
    ['203.0.113.9, [2001:db8:ffff::1]:50000, 10.1.2.3', '203.0.113.9'],
    ['junk, 203.0.113.9', '203.0.113.9'],
    ['203.0.113.9, ', '203.0.113.9'],
  ] as const)
    it(`is ${address} of ${forwarded}`, async () => {
      expect(await addressOf(forwarded)).to.equal(address)
    })

  for (const forwarded of [
    'unknown',
    '_hidden',
    'client.example.com',
    '203.0.113.256',
    '010.0.0.1',
    '203.0.113.9:port',
    '203.0.113.9:123456',
    '[2001:db8::1',
    '2001:db8::1]:443',
    '[203.0.113.9',
    '127.1',
    '0x7f000001',
    '\u00e9',
    '"203.0.113.9"',
  ])
    it(`is the proxy’s own of ${forwarded}`, async () => {
      expect(await addressOf(forwarded)).to.equal('127.0.0.1')
    })

  it('keeps one budget of sign-ins for a client whose port changes', async () => {
    const { username } = await makeUser({ username: `porter-${process.pid}` })
    const statuses: number[] = []
    for (let port = 40_001; port < 40_012; port++)
      statuses.push(
        (await proxied.send('/gettoken/', `203.0.113.77:${port}`, { json: { username, password: 'wrong' } })).status,
      )
    expect(statuses).to.deep.equal([...Array(10).fill(400), 429])
    const json = { username, password: PASSWORD }
    expect((await proxied.send('/gettoken/', '203.0.113.77', { json })).status).to.equal(429)
    expect((await proxied.send('/gettoken/', '203.0.113.78:1', { json })).status).to.equal(200)
  })

  it('is held to the networks of a token, in each of its spellings', async () => {
    const { value: token } = await makePersonal(await makeUser(), { networks: ['203.0.113.0/24', '2001:db8:1::/48'] })
    const status = async (forwarded: string) => (await proxied.send('/api/emp_viewset', forwarded, { token })).status
    for (const inside of ['203.0.113.9:40001', '::ffff:cb00:7109', '[2001:DB8:1::5]:443', '2001:db8:1::5%en0'])
      expect([inside, await status(inside)]).to.deep.equal([inside, 200])
    for (const outside of ['203.0.114.9:40001', '[2001:db8:2::5]:443', 'unknown'])
      expect([outside, await status(outside)]).to.deep.equal([outside, 401])
  })

  it('is in a network of its own family alone, however wide the other is', async () => {
    const status = async (networks: string[], forwarded: string) => {
      const { value: token } = await makePersonal(await makeUser(), { networks })
      return (await proxied.send('/api/emp_viewset', forwarded, { token })).status
    }
    expect(await status(['::/0'], '2001:db8::1')).to.equal(200)
    expect(await status(['::/0'], '203.0.113.9')).to.equal(401)
    expect(await status(['0.0.0.0/0'], '203.0.113.9')).to.equal(200)
    expect(await status(['0.0.0.0/0'], '2001:db8::1')).to.equal(401)
    expect(await status(['::ffff:0:0/96'], '203.0.113.9')).to.equal(200)
  })

  it('is found by a network that wraps IPv4, as the address is', async () => {
    const { value: token } = await makePersonal(await makeUser(), { networks: ['::ffff:203.0.113.0/120'] })
    expect((await proxied.send('/api/emp_viewset', '203.0.113.9', { token })).status).to.equal(200)
    expect((await proxied.send('/api/emp_viewset', '203.0.114.9', { token })).status).to.equal(401)
  })
})

describe('the address of a request', () => {
  it('is the peer’s where nothing is trusted, whatever is forwarded', async () => {
    const user = await makeUser()
    const { token, value } = await makePersonal(user)
    const headers = { authorization: `Token ${value}`, 'x-forwarded-for': '203.0.113.9' }
    await raw('GET', '/api/emp_viewset', { headers, from: '127.0.0.5' })
    await writeUses()
    const { body } = await (await superuserClient()).get(`/api/tokens/${token.id}`)
    expect(body.last_used_from).to.equal('127.0.0.5')
  })

  it('is counted in hops where that is how proxies are trusted', async () => {
    const two = await behind(2)
    try {
      const { value: token } = await makePersonal(await makeUser(), { networks: ['203.0.113.9'] })
      const status = async (forwarded: string) => (await two.send('/api/emp_viewset', forwarded, { token })).status
      expect(await status('203.0.113.9:1, 10.0.0.1:2')).to.equal(200)
      expect(await status('198.51.100.1, 203.0.113.9:1, 10.0.0.1:2')).to.equal(200)
      expect(await status('10.0.0.1:2, 198.51.100.1')).to.equal(401)
    } finally {
      two.close()
    }
  })
})

describe('an address', () => {
  for (const [address, key, network] of [
    ['203.0.113.9', '203.0.113.9', '203.0.113.0/24'],
    ['::ffff:203.0.113.9', '203.0.113.9', '203.0.113.0/24'],
    ['::ffff:cb00:7109', '203.0.113.9', '203.0.113.0/24'],
    ['2001:db8:0:1:aaaa::1', '2001:db8:0:1::/64', '2001:db8:0:1::/64'],
    ['2001:0DB8::1', '2001:db8:0:0::/64', '2001:db8:0:0::/64'],
    ['2001:db8::1.2.3.4', '2001:db8:0:0::/64', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64', '0:0:0:0::/64'],
  ] as const)
    it(`${address} counts as ${key}`, () => {
      expect([addressKey(address), networkKey(address)]).to.deep.equal([key, network])
    })
})
