import { expect } from 'chai'
import { freshDatabase } from './databases.js'
import { fuzz } from './fuzz/fuzz.js'
import { Known } from './fuzz/known.js'
import { drawRequest } from './fuzz/request.js'
import { curlLine } from './fuzz/send.js'
import { ServerProcess } from './process.js'

/** `npm run fuzz` makes many more, with another seed each time. */
const OPTIONS = { seed: 20261124, count: 300, seconds: 60 }

describe('the fuzzer', () => {
  it('finds no answer that the document does not describe', async () => {
    const database = await freshDatabase()
    const env = { ...database.env, LATCHKEY_TRUST_PROXY: '127.0.0.1' }
    const server = await ServerProcess.start(env)
    try {
      const { failures, requests, valid, statuses } = await fuzz({ ...OPTIONS, server, env })
      expect(failures).to.deep.equal([])
      expect(requests).to.equal(OPTIONS.count)
      expect(valid / requests).to.be.above(0.25)
      // It reaches what lies behind the first refusals.
      for (const status of [200, 201, 204, 400, 401, 404]) expect(statuses[status], String(status)).to.be.above(0)
    } finally {
      await server.stop()
      await database.remove()
    }
  }).timeout(90_000)

  it('makes the same request of the same seed', () => {
    expect(drawRequest(7, new Known())).to.deep.equal(drawRequest(7, new Known()))
    expect(drawRequest(7, new Known())).not.to.deep.equal(drawRequest(8, new Known()))
  })

  it('prints a line for a shell without what is secret', () => {
    const message = {
      method: 'POST',
      path: "/api/users?a='",
      headers: { Authorization: 'Token lk_secret', Accept: '' },
      body: Buffer.from('{"token":"lk_secret"}'),
    }
    const line = curlLine('http://127.0.0.1:1', message, [['lk_secret', 'TOKEN']])
    expect(line).not.to.contain('lk_secret')
    expect(line).to.contain(`--header 'Authorization: Token '"$TOKEN"`)
    expect(line).to.contain(`--header 'Accept;'`)
    expect(line).to.contain(`'http://127.0.0.1:1/api/users?a='\\'''`)
  })
})
