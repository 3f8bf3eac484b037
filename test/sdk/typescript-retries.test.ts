import type { IncomingMessage } from 'node:http'
import { expect } from 'chai'
import { ACCOUNT, describeClient, failureOf, recorder, SRINU, standIn } from './client.js'

const AT_ONCE = { 'Retry-After': '0' }

/** Longer than any of these tests takes, and short enough to be waited for. */
const LATER = { 'Retry-After': '20' }

const REASON = new Error('nobody waits for this any more')

/** A server that says no so many times, and then yes. */
function failing(times: number, answer: { status: number; headers?: Record<string, string> }) {
  const keys: (string | undefined)[] = []
  let left = times
  return standIn(({ headers }) => {
    keys.push(headers['idempotency-key'] as string | undefined)
    return left-- > 0 ? answer : { body: [] }
  }).then((server) => ({ ...server, keys }))
}

describeClient('retries of the TypeScript client', (use) => {
  const ownClient = (baseUrl: string, more: object = {}) => use.sdk.createClient({ baseUrl, token: 'lk_a', ...more })

  for (const status of [429, 503])
    it(`send a request again after ${status}`, async () => {
      const { url, asked } = await failing(2, { status, headers: AT_ONCE })
      expect((await use.sdk.listEmployees({ client: ownClient(url) })).data).to.deep.equal([])
      expect(asked).to.have.lengthOf(3)
    })

  it('are two unless the client says otherwise, and then the problem is the caller’s', async () => {
    for (const [retries, count] of [
      [undefined, 3],
      [0, 1],
      [1, 2],
      [4, 5],
    ]) {
      const { url, asked } = await failing(9, { status: 503, headers: AT_ONCE })
      const problem = await failureOf(use.sdk.listEmployees({ client: ownClient(url, { retries }) }))
      expect([problem.status, asked.length]).to.deep.equal([503, count])
    }
  })

  for (const retries of [-1, 1.5, Number.NaN, true, '2'])
    it(`are a whole number, and not ${retries}`, async () => {
      const made = (async () => ownClient('http://localhost', { retries }))()
      expect((await failureOf(made)).message).to.match(/^retries /)
    })

  const idempotent: Record<string, (client: object) => Promise<unknown>> = {
    GET: (client) => use.sdk.getEmployee({ client, path: { empid: 1 } }),
    PUT: (client) => use.sdk.replaceEmployee({ client, path: { empid: 1 }, body: SRINU }),
    DELETE: (client) => use.sdk.deleteEmployee({ client, path: { empid: 1 } }),
  }
  for (const [method, call] of Object.entries(idempotent))
    it(`repeat ${method}, which is idempotent`, async () => {
      const { url, asked } = await failing(1, { status: 503, headers: AT_ONCE })
      await call(ownClient(url))
      expect(asked.map((line) => line.split(' ')[0])).to.deep.equal([method, method])
    })

  const unsafe: Record<string, (client: object) => Promise<unknown>> = {
    'a POST that takes no key': (client) => use.sdk.createToken({ client, body: { name: 'x', scopes: [] } }),
    'a sign-in': (client) => use.sdk.obtainToken({ client, body: ACCOUNT }),
    PATCH: (client) => use.sdk.updateEmployee({ client, path: { empid: 1 }, body: { salary: '2.00' } }),
  }
  for (const [what, call] of Object.entries(unsafe))
    it(`do not repeat ${what}`, async () => {
      const { url, asked, keys } = await failing(1, { status: 503, headers: AT_ONCE })
      expect((await failureOf(call(ownClient(url)))).status).to.equal(503)
      expect([asked.length, keys]).to.deep.equal([1, [undefined]])
    })

  for (const status of [400, 401, 403, 404, 409, 412, 500, 502, 507])
    it(`do not follow ${status}`, async () => {
      const { url, asked } = await failing(1, { status })
      expect((await failureOf(use.sdk.listEmployees({ client: ownClient(url) }))).status).to.equal(status)
      expect(asked).to.have.lengthOf(1)
    })

  it('give each create a key, which all its attempts send', async () => {
    const { url, keys } = await failing(2, { status: 503, headers: AT_ONCE })
    const client = ownClient(url)
    for (let count = 0; count < 2; count++) await use.sdk.createEmployee({ client, body: SRINU })
    expect(keys).to.have.lengthOf(4)
    expect(keys[0]).to.match(/^[0-9a-f]{32}$/)
    expect(new Set(keys.slice(0, 3)).size).to.equal(1)
    expect(keys[3])
      .to.match(/^[0-9a-f]{32}$/)
      .and.not.equal(keys[0])
  })

  it('leave the key that the caller has chosen', async () => {
    const { url, keys } = await failing(1, { status: 503, headers: AT_ONCE })
    await use.sdk.createEmployee({ client: ownClient(url), headers: { 'Idempotency-Key': 'own' }, body: SRINU })
    expect(keys).to.deep.equal(['own', 'own'])
  })

  it('make no key where there are none', async () => {
    const { url, keys } = await failing(0, { status: 503 })
    await use.sdk.createEmployee({ client: ownClient(url, { retries: 0 }), body: SRINU })
    expect(keys).to.deep.equal([undefined])
  })

  it('wait while the first request with the key is still running', async () => {
    const { url, asked } = await failing(1, { status: 409, headers: AT_ONCE })
    await use.sdk.createEmployee({ client: ownClient(url), body: SRINU })
    expect(asked).to.have.lengthOf(2)
  })

  for (const operation of ['createEmployee', 'bulkCreateEmployees'])
    it(`create once, when the response to the first attempt is lost: ${operation}`, async () => {
      const { sdk, server } = use
      const { asked, fetch: record } = recorder()
      const lossy = async (request: Request) => {
        const response = await record(request)
        if (asked.filter((line) => line.startsWith('POST /api/emp_viewset')).length > 1 || request.method === 'GET')
          return response
        if (new URL(request.url).pathname === '/gettoken/') return response
        throw new TypeError('the response was lost')
      }
      const client = sdk.createClient({ baseUrl: server.url, ...ACCOUNT, fetch: lossy })
      const body = operation === 'createEmployee' ? SRINU : [SRINU]
      expect((await sdk[operation]({ client, body })).data).to.deep.equal(body)
      expect((await sdk.listEmployees({ client })).data).to.deep.equal([SRINU])
      expect(asked.filter((line) => line.startsWith('POST /api/emp_viewset'))).to.have.lengthOf(2)
    })

  it('follow a connection that is broken, after a wait that doubles', async () => {
    const times: number[] = []
    const { url } = await standIn((request) => {
      times.push(performance.now())
      if (times.length > 2) return { body: [] }
      request.socket.destroy()
      return undefined
    })
    expect((await use.sdk.listEmployees({ client: ownClient(url) })).data).to.deep.equal([])
    const [first, second] = [times[1]! - times[0]!, times[2]! - times[1]!]
    expect(first).to.be.at.least(500)
    expect(second).to.be.at.least(1000)
  })

  it('wait as long as the server says, and not less', async () => {
    const times: number[] = []
    const { url } = await standIn(() => {
      times.push(performance.now())
      return times.length > 1 ? { body: [] } : { status: 503, headers: { 'Retry-After': '1' } }
    })
    await use.sdk.listEmployees({ client: ownClient(url) })
    expect(times[1]! - times[0]!).to.be.at.least(999)
  })

  for (const after of ['31', new Date(Date.now() + 600_000).toUTCString()])
    it(`do not wait for longer than half a minute, but tell when to come again: ${after.slice(0, 3)}`, async () => {
      const { url, asked } = await failing(1, { status: 429, headers: { 'Retry-After': after } })
      const problem = await failureOf(use.sdk.listEmployees({ client: ownClient(url) }))
      expect([problem.status, asked.length]).to.deep.equal([429, 1])
      expect(problem.retryAfter).to.be.within(31, 600)
    })
})

describeClient('an AbortSignal of the TypeScript client', (use) => {
  /** A server that the test leaves waiting, and a client which is told so. */
  const silent = (then: (request: IncomingMessage) => void) =>
    standIn((request) => {
      then(request)
      return undefined
    })

  const places = {
    'a request': (signal: AbortSignal) => ({ ofClient: {}, ofRequest: { signal } }),
    'the client': (signal: AbortSignal) => ({ ofClient: { signal }, ofRequest: {} }),
    'the client, beside another one of the request': (signal: AbortSignal) => ({
      ofClient: { signal },
      ofRequest: { signal: new AbortController().signal },
    }),
  }
  for (const [place, optionsWith] of Object.entries(places)) {
    it(`of ${place} ends the wait for another attempt at once`, async () => {
      const controller = new AbortController()
      const { ofClient, ofRequest } = optionsWith(controller.signal)
      const { url, asked } = await failing(9, { status: 503, headers: LATER })
      // The client has the response, and waits from then on.
      const answered = async (request: Request) => {
        const response = await fetch(request)
        setImmediate(() => controller.abort(REASON))
        return response
      }
      const client = use.sdk.createClient({ baseUrl: url, token: 'lk_a', fetch: answered, ...ofClient })
      const began = performance.now()
      expect(await failureOf(use.sdk.listEmployees({ client, ...ofRequest }))).to.equal(REASON)
      expect(performance.now() - began).to.be.below(10_000)
      expect(asked).to.have.lengthOf(1)
    })

    it(`of ${place} ends an attempt, and there is no other one`, async () => {
      const controller = new AbortController()
      const { ofClient, ofRequest } = optionsWith(controller.signal)
      const { url, asked } = await silent(() => controller.abort(REASON))
      const client = use.sdk.createClient({ baseUrl: url, token: 'lk_a', ...ofClient })
      expect(await failureOf(use.sdk.listEmployees({ client, ...ofRequest }))).to.equal(REASON)
      expect(asked).to.have.lengthOf(1)
    })

    it(`of ${place} ends the wait for a sign-in`, async () => {
      const controller = new AbortController()
      const { ofClient, ofRequest } = optionsWith(controller.signal)
      const { url, asked } = await silent(() => controller.abort(REASON))
      const client = use.sdk.createClient({ baseUrl: url, ...ACCOUNT, ...ofClient })
      expect(await failureOf(use.sdk.listEmployees({ client, ...ofRequest }))).to.equal(REASON)
      expect(asked).to.deep.equal(['POST /gettoken/ -'])
    })

    it(`of ${place} ends a list between its pages`, async () => {
      const controller = new AbortController()
      const { ofClient, ofRequest } = optionsWith(controller.signal)
      const { url, asked } = await standIn(() => ({
        headers: { Link: '</api/emp_viewset?cursor=2>; rel="next"' },
        body: [SRINU],
      }))
      const client = use.sdk.createClient({ baseUrl: url, token: 'lk_a', ...ofClient })
      const rows: unknown[] = []
      const reading = async () => {
        for await (const row of use.sdk.each(use.sdk.listEmployees, { client, ...ofRequest })) {
          rows.push(row)
          controller.abort(REASON)
        }
      }
      expect(await failureOf(reading())).to.equal(REASON)
      expect([rows, asked.length]).to.deep.equal([[SRINU], 1])
    })
  }

  it('of one request leaves the sign-in to the others', async () => {
    const controller = new AbortController()
    const { url, asked } = await standIn(({ url }) => ({ body: url === '/gettoken/' ? { token: 'lk_a' } : [] }))
    const client = use.sdk.createClient({ baseUrl: url, ...ACCOUNT })
    const aborted = failureOf(use.sdk.listEmployees({ client, signal: controller.signal }))
    const other = use.sdk.listEmployees({ client })
    controller.abort(REASON)
    expect(await aborted).to.equal(REASON)
    expect((await other).data).to.deep.equal([])
    expect(asked).to.deep.equal(['POST /gettoken/ -', 'GET /api/emp_viewset Token lk_a'])
  })

  it('with a timeout is for all attempts together', async () => {
    const { url, asked } = await failing(9, { status: 503, headers: LATER })
    const client = use.sdk.createClient({ baseUrl: url, token: 'lk_a' })
    const failure = await failureOf(use.sdk.listEmployees({ client, signal: AbortSignal.timeout(300) }))
    expect([failure.name, asked.length]).to.deep.equal(['TimeoutError', 1])
  })
})
