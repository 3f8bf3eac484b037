import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { createApp } from '../src/http/app.js'
import { serverOf } from '../src/http/server.js'
import { type Settings, settings } from '../src/platform/config.js'
import { document } from './document.js'
import { type RawAnswer, raw, url } from './support.js'

/** What asks for the address that a proxy has told. */
const FORWARDED = { 'x-forwarded-host': 'api.example.com', 'x-forwarded-proto': 'https' }

const ask = (path: string, headers: Record<string, string> = {}, port?: number) => raw('GET', path, { headers, port })

/** Asks a server with other settings. */
async function askWith(given: Partial<Settings>, headers: Record<string, string>): Promise<RawAnswer> {
  const all = { ...settings(), ...given }
  const server: Server = serverOf(createApp(all), all).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    return await ask('/openapi.json', headers, (server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const serverIn = ({ text }: RawAnswer) => JSON.parse(text).servers

describe('/openapi.json', () => {
  for (const accepted of ['gzip, deflate, br, zstd', 'gzip', 'br;q=0, gzip', 'br', 'identity'])
    it(`is the committed document with the address that it was asked at, for Accept-Encoding: ${accepted}`, async () => {
      const response = await fetch(`${url}/openapi.json`, { headers: { 'accept-encoding': accepted } })
      expect(response.headers.get('content-type')).to.match(/^application\/json/)
      expect(response.headers.get('content-encoding')).to.equal(accepted.includes('gzip') ? 'gzip' : null)
      expect(await response.json()).to.deep.equal({ ...document, servers: [{ url }] })
    })

  it('is less than a fifth as long for a client that takes gzip', async () => {
    const [plain, gzip] = [await ask('/openapi.json'), await ask('/openapi.json', { 'accept-encoding': 'gzip' })]
    expect(Number(gzip.headers['content-length'])).to.be.below(plain.text.length / 5)
  })

  it('is asked for each time, and is sent again when host or encoding is another', async () => {
    const first = { host: 'api.example.com', 'accept-encoding': 'gzip' }
    const { headers } = await ask('/openapi.json', first)
    expect(headers).to.include({ 'cache-control': 'no-cache', vary: 'Accept-Encoding, Host' })
    const statusOf = async (changed: Record<string, string>) =>
      (await ask('/openapi.json', { ...first, 'if-none-match': headers.etag!, ...changed })).status
    expect(await statusOf({})).to.equal(304)
    expect(await statusOf({ host: 'localhost:8000' })).to.equal(200)
    expect(await statusOf({ 'accept-encoding': 'identity' })).to.equal(200)
  })

  it('names the host that a trusted proxy tells, and varies by what it tells', async () => {
    const answer = await askWith({ trustProxy: ['127.0.0.1'] }, FORWARDED)
    expect(serverIn(answer)).to.deep.equal([{ url: 'https://api.example.com' }])
    expect(answer.headers.vary).to.equal('Accept-Encoding, Host, X-Forwarded-Host, X-Forwarded-Proto')
  })

  it('names the Host if another peer forwards one', async () => {
    expect(serverIn(await ask('/openapi.json', FORWARDED))).to.deep.equal([{ url: 'http://localhost:8000' }])
  })

  it('names the public URL, and does not vary by host', async () => {
    const answer = await askWith({ publicUrl: new URL('https://tokens.example.com/'), trustProxy: 1 }, FORWARDED)
    expect(serverIn(answer)).to.deep.equal([{ url: 'https://tokens.example.com' }])
    expect(answer.headers.vary).to.equal('Accept-Encoding')
  })

  it('is refused under a host that is not served', async () => {
    const { status, text } = await ask('/openapi.json', { host: 'evil.example' })
    expect(status).to.equal(400)
    expect(text).not.to.contain('evil.example')
  })
})
