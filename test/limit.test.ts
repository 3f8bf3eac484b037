import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import { spend } from '../src/identity/access/rate-limit.js'
import { clientOf, clientWithValue, makePersonal, makeUser } from './support.js'

describe('a token with a limit', () => {
  it('tells what is left, and answers 429 beyond it, never 401', async () => {
    const client = await clientOf(await makeUser())
    const { body } = await client
      .post('/api/tokens')
      .send({ name: 'x', scopes: ['employees:read'], rate_limit: { requests: 2, seconds: 60 } })
    expect(body.rate_limit).to.deep.equal({ requests: 2, seconds: 60 })
    const limited = clientWithValue(body.token)
    const answers = [await limited.get('/api/'), await limited.get('/api/'), await limited.get('/api/')]
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 429])
    expect(answers[0]!.headers['ratelimit-policy']).to.equal('"token";q=2;w=60')
    expect(answers[0]!.headers.ratelimit).to.match(/^"token";r=1;t=(59|60)$/)
    expect(Number(answers[2]!.headers['retry-after'])).to.be.within(1, 60)
    expect(answers[2]!.body.retry_after).to.be.within(1, 60)
  })

  it('works again after Retry-After', async () => {
    const { value } = await makePersonal(await makeUser(), { rateLimit: { requests: 1, seconds: 1 } })
    const limited = clientWithValue(value)
    await limited.get('/api/')
    const refused = await limited.get('/api/')
    expect(refused.status).to.equal(429)
    await wait(Number(refused.headers['retry-after']) * 1000)
    expect((await limited.get('/api/')).status).to.equal(200)
  })

  it('lets exactly its number through, however many come at once', async () => {
    const { value } = await makePersonal(await makeUser(), { rateLimit: { requests: 20, seconds: 60 } })
    const answers = await Promise.all(Array.from({ length: 100 }, () => clientWithValue(value).get('/api/')))
    expect(answers.filter(({ status }) => status === 200)).to.have.lengthOf(20)
    expect(answers.filter(({ status }) => status === 429)).to.have.lengthOf(80)
  })

  it('is never above its limit and never refused below it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 5 }),
        async (requests, bursts) => {
          const { token } = await makePersonal(await makeUser())
          let sent = 0
          for (const burst of bursts) {
            const answers = await Promise.all(
              Array.from({ length: burst }, () => spend(token.id, { requests, seconds: 60 })),
            )
            const before = Math.min(sent, requests)
            sent += burst
            expect(answers.filter(({ allowed }) => allowed)).to.have.lengthOf(Math.min(sent, requests) - before)
          }
        },
      ),
      { numRuns: 40, seed: 1 },
    )
  }).timeout(60_000)

  it('does not touch another token', async () => {
    const user = await makeUser()
    const [a, b] = [await makePersonal(user, { rateLimit: { requests: 1, seconds: 60 } }), await makePersonal(user)]
    await clientWithValue(a.value).get('/api/')
    expect((await clientWithValue(a.value).get('/api/')).status).to.equal(429)
    const { status, headers } = await clientWithValue(b.value).get('/api/')
    expect(status).to.equal(200)
    expect(headers).not.to.have.any.keys('ratelimit', 'ratelimit-policy')
  })

  it('makes no tokens, because that would multiply it', async () => {
    const { value } = await makePersonal(await makeUser(), {
      scopes: ['employees:read', 'tokens:write'],
      rateLimit: { requests: 10, seconds: 60 },
    })
    const body = { name: 'x', scopes: ['employees:read'], rate_limit: { requests: 1, seconds: 60 } }
    expect((await clientWithValue(value).post('/api/tokens').send(body)).status).to.equal(403)
  })
})
