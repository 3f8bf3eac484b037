import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { onPostgres } from './databases.js'
import { CREDENTIALS } from './process.js'
import { Pair } from './workers.js'

let pair: Pair

onPostgres('two workers of one address', function () {
  this.timeout(90_000)

  before(async () => {
    pair = await Pair.start()
    pair.token = await pair.server.signIn()
    await pair.bothAnswer()
  })

  after(() => pair.end())

  it('both answer requests', async () => {
    expect([...pair.answeredBy('/healthz')]).to.have.members(pair.workers())
  })

  it('count the requests of a token together', async () => {
    const limited = await makePersonal({ rate_limit: { requests: 20, seconds: 600 } })
    const statuses = await pair.statusesOf(60, '/api/emp_viewset', as(limited.token))
    expect(statuses).to.deep.equal({ 200: 20, 429: 40 })
  })

  it('count the failures of a sign-in together', async () => {
    const statuses = await pair.statusesOf(30, '/gettoken/', { json: { username: 'nobody', password: 'wrong' } })
    // After the tenth one more is let in at 1, 3, 7, 15 s, and this machine may be slow.
    expect(statuses[400]).to.be.within(10, 14)
    expect(statuses[429]).to.equal(30 - statuses[400]!)
  })

  it('both refuse a token within a second after one has revoked it', async () => {
    const { id, token: value } = await makePersonal()
    expect(await pair.statusesOf(20, '/api/emp_viewset', as(value))).to.deep.equal({ 200: 20 })
    expect((await pair.send(`/api/tokens/${id}`, { method: 'DELETE' })).status).to.equal(204)
    const revoked = performance.now()
    const late: number[] = []
    for (let started = revoked; started < revoked + 2000; started = performance.now()) {
      const { status } = await pair.send('/api/emp_viewset', as(value))
      if (started > revoked + 1000) late.push(status)
    }
    expect([...new Set(late)]).to.deep.equal([401])
  })

  it('know the sessions of each other, and their ends', async () => {
    const here = { Cookie: '', 'Sec-Fetch-Site': 'same-origin' }
    const { headers } = await pair.send('/api/sessions/current', { json: CREDENTIALS, headers: here })
    const cookie = headers['set-cookie']![0]!.split(';')[0]!
    const sent = { headers: { ...here, Cookie: cookie } }
    expect(await pair.statusesOf(20, '/api/sessions/current', sent)).to.deep.equal({ 200: 20 })
    await pair.send('/api/sessions/current', { method: 'DELETE', ...sent })
    await wait(1000)
    expect(await pair.statusesOf(20, '/api/sessions/current', sent)).to.deep.equal({ 401: 20 })
  })

  it('make one row of an Idempotency-Key', async () => {
    const create = { json: { empid: 7, empname: 'x', salary: 1 }, headers: { 'Idempotency-Key': 'a' } }
    const answers = await Promise.all(Array.from({ length: 10 }, () => pair.send('/api/emp_viewset', create)))
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).to.deep.equal(
      new Set(['201 {"empid":7,"empname":"x","salary":"1.00"}']),
    )
  })

  it('write at the same time, and every row is there', async () => {
    let next = 1000
    const statuses: number[] = []
    const writers = Array.from({ length: 20 }, async () => {
      while (next < 1400) {
        const json = { empid: next++, empname: 'x', salary: 4321 }
        statuses.push((await pair.send('/api/emp_viewset', { json })).status)
      }
    })
    await Promise.all(writers)
    expect(statuses).to.deep.equal(Array(400).fill(201))
    const { headers } = await pair.send('/api/emp_viewset?salary_min=4321&limit=1&count=true')
    expect(headers['x-total-count']).to.equal('400')
  })
})

async function makePersonal(wish: object = {}) {
  const { text } = await pair.send('/api/tokens', { json: { name: 'x', scopes: ['employees:read'], ...wish } })
  return JSON.parse(text) as { id: number; token: string }
}

function as(value: string) {
  return { headers: { Authorization: `Token ${value}` } }
}
