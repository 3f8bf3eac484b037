import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { answerTo } from './answer.js'
import { expectWithin, freshDatabase, refusedStart, ServerProcess } from './process.js'
import { childrenOf, isRunning } from './processes.js'

const FIRST = { LATCHKEY_SUPERUSER_USERNAME: 'Srinivas', LATCHKEY_SUPERUSER_PASSWORD: 'admin123' }
const CREDENTIALS = { username: 'Srinivas', password: 'admin123' }

let database: Awaited<ReturnType<typeof freshDatabase>>
let server: ServerProcess
let token: string

async function start(env: Record<string, string> = FIRST) {
  database = await freshDatabase()
  server = await ServerProcess.start({ ...database.env, WEB_CONCURRENCY: '2', ...env })
  await expectWithin(30_000, async () => workers().length === 2)
}

async function end() {
  const left = workers()
  await server.stop('SIGKILL')
  for (const pid of left.filter(isRunning)) process.kill(pid, 'SIGKILL')
  await database.remove()
}

function workers() {
  return childrenOf(server.child.pid!)
}

interface Sent {
  json?: object
  method?: string
  headers?: Record<string, string>
}

/** On a connection of its own, because a worker keeps the ones that it has. */
function send(path: string, { json, method = json ? 'POST' : 'GET', headers = {} }: Sent = {}) {
  const type = json && { 'Content-Type': 'application/json' }
  const all = { ...(headers.Cookie === undefined && { Authorization: `Token ${token}` }), ...type, ...headers }
  const request = httpRequest(server.url + path, { method, headers: all, agent: false, timeout: 30_000 })
  request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path}`)))
  return answerTo(request, json)
}

/** How often each status is the answer to as many requests at once, so many that both workers answer some. */
async function statusesOf(count: number, path: string, sent: Sent = {}): Promise<Record<number, number>> {
  const answers = await Promise.all(Array.from({ length: count }, () => send(path, sent)))
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** The processes that answered requests with this path, as the log tells. */
function answeredBy(path: string): Set<unknown> {
  return new Set(server.lines.filter((line) => line.path === path).map(({ pid }) => pid))
}

async function bothAnswer() {
  await expectWithin(30_000, async () => {
    // Where one has just been killed, a connection may have been its own.
    await send('/healthz').catch(() => {})
    const running = workers()
    return running.length === 2 && running.every((pid) => answeredBy('/healthz').has(pid))
  })
}

async function makePersonal(wish: object = {}) {
  const { text } = await send('/api/tokens', { json: { name: 'x', scopes: ['employees:read'], ...wish } })
  return JSON.parse(text) as { id: number; token: string }
}

async function signIn() {
  const { text } = await send('/gettoken/', { json: CREDENTIALS })
  token = JSON.parse(text).token
}

function as(value: string) {
  return { headers: { Authorization: `Token ${value}` } }
}

function exited() {
  return once(server.child, 'exit').then(([code]) => code)
}

describe('two workers of one address', function () {
  this.timeout(90_000)

  before(async () => {
    await start()
    await signIn()
    await bothAnswer()
  })

  after(end)

  it('both answer requests', async () => {
    expect([...answeredBy('/healthz')]).to.have.members(workers())
  })

  it('count the requests of a token together', async () => {
    const limited = await makePersonal({ rate_limit: { requests: 20, seconds: 600 } })
    const statuses = await statusesOf(60, '/api/emp_viewset', as(limited.token))
    expect(statuses).to.deep.equal({ 200: 20, 429: 40 })
  })

  it('count the failures of a sign-in together', async () => {
    const statuses = await statusesOf(30, '/gettoken/', { json: { username: 'nobody', password: 'wrong' } })
    // After the tenth one more is let in at 1, 3, 7, 15 s, and this machine may be slow.
    expect(statuses[400]).to.be.within(10, 14)
    expect(statuses[429]).to.equal(30 - statuses[400]!)
  })

  it('both refuse a token within a second after one has revoked it', async () => {
    const { id, token: value } = await makePersonal()
    expect(await statusesOf(20, '/api/emp_viewset', as(value))).to.deep.equal({ 200: 20 })
    expect((await send(`/api/tokens/${id}`, { method: 'DELETE' })).status).to.equal(204)
    const revoked = performance.now()
    const late: number[] = []
    for (let started = revoked; started < revoked + 2000; started = performance.now()) {
      const { status } = await send('/api/emp_viewset', as(value))
      if (started > revoked + 1000) late.push(status)
    }
    expect([...new Set(late)]).to.deep.equal([401])
  })

  it('know the sessions of each other, and their ends', async () => {
    const here = { Cookie: '', 'Sec-Fetch-Site': 'same-origin' }
    const { headers } = await send('/api/sessions/current', { json: CREDENTIALS, headers: here })
    const cookie = headers['set-cookie']![0]!.split(';')[0]!
    const sent = { headers: { ...here, Cookie: cookie } }
    expect(await statusesOf(20, '/api/sessions/current', sent)).to.deep.equal({ 200: 20 })
    await send('/api/sessions/current', { method: 'DELETE', ...sent })
    await wait(1000)
    expect(await statusesOf(20, '/api/sessions/current', sent)).to.deep.equal({ 401: 20 })
  })

  it('make one row of an Idempotency-Key', async () => {
    const create = { json: { empid: 7, empname: 'x', salary: 1 }, headers: { 'Idempotency-Key': 'a' } }
    const answers = await Promise.all(Array.from({ length: 10 }, () => send('/api/emp_viewset', create)))
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
        statuses.push((await send('/api/emp_viewset', { json })).status)
      }
    })
    await Promise.all(writers)
    expect(statuses).to.deep.equal(Array(400).fill(201))
    const { headers } = await send('/api/emp_viewset?salary_min=4321&limit=1&count=true')
    expect(headers['x-total-count']).to.equal('400')
  })
})

describe('a primary and its workers', function () {
  this.timeout(90_000)

  afterEach(end)

  it('print one setup link, which works', async () => {
    await start({})
    await bothAnswer()
    expect(server.stderr).to.match(/^http:\/\/localhost:\d+\/admin\/#setup=[\w-]{43}\n$/)
    const secret = server.stderr.trim().split('=')[1]!
    const first = { secret, username: 'Srinivas', password: 'tea-for-2-at-4' }
    expect((await send('/api/setup', { json: first })).status).to.equal(201)
  })

  it('go on when a worker is killed, and are as many again', async () => {
    await start()
    await bothAnswer()
    const [victim, other] = workers()
    process.kill(victim!, 'SIGKILL')
    await expectWithin(5000, async () => server.log.includes('a worker died'))
    expect(await statusesOf(20, '/readyz')).to.deep.equal({ 200: 20 })
    await bothAnswer()
    expect(workers()).to.have.lengthOf(2).and.include(other).and.not.include(victim)
  })

  it('start at most one successor a second for a worker that dies again and again', async () => {
    await start()
    const [kept, ...others] = workers()
    const killed = new Set<number>()
    const began = performance.now()
    while (performance.now() - began < 4000)
      for (const pid of [...others, ...workers()])
        if (pid !== kept && !killed.has(pid)) {
          process.kill(pid, 'SIGKILL')
          killed.add(pid)
        }
    expect(killed.size).to.be.within(3, 5)
  })

  it('finish what is in flight on SIGTERM, after /readyz has said so, and end with 0 within 10 s', async () => {
    await start()
    await bothAnswer()
    const all = workers()
    const inFlight = send('/gettoken/', { json: CREDENTIALS })
    const began = performance.now()
    const code = server.stop('SIGTERM')
    await expectWithin(2000, async () => {
      const { status, headers } = await send('/readyz')
      return status === 503 && headers.connection === 'close'
    })
    expect((await inFlight).status).to.equal(200)
    expect(await code).to.equal(0)
    expect(performance.now() - began).to.be.below(10_000)
    expect(all.filter(isRunning)).to.deep.equal([])
    expect(server.log).to.contain('"msg":"stopped"').and.not.contain('a worker died')
  })

  it('end at once with 1 on a second SIGTERM', async () => {
    await start()
    const all = workers()
    const code = server.stop('SIGTERM')
    await expectWithin(3000, async () => server.log.includes('stopping'))
    server.child.kill('SIGTERM')
    expect(await code).to.equal(1)
    await expectWithin(3000, async () => !all.some(isRunning))
  })

  // A supervisor may signal the whole group, as a terminal does.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    it(`end in order when ${signal} is sent to each of them`, async () => {
      await start()
      await bothAnswer()
      const all = workers()
      const inFlight = send('/gettoken/', { json: CREDENTIALS })
      await send('/healthz')
      const code = exited()
      for (const pid of [...all, server.child.pid!]) process.kill(pid, signal)
      expect((await inFlight).status).to.equal(200)
      expect(await code).to.equal(0)
      expect(all.filter(isRunning)).to.deep.equal([])
    })

  it('leave no worker behind when the primary is killed', async () => {
    await start()
    const all = workers()
    await server.stop('SIGKILL')
    await expectWithin(5000, async () => !all.some(isRunning))
  })
})

describe('workers that cannot start', () => {
  it('end the primary with 1 and the reason', async () => {
    const database = await freshDatabase()
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as { port: number }
    const { code, stderr } = await refusedStart({ ...database.env, WEB_CONCURRENCY: '2', PORT: String(port) })
    holder.close()
    await database.remove()
    expect(code).to.equal(1)
    expect(stderr.match(/PORT cannot be used \(EADDRINUSE\)/g)).to.have.lengthOf(1)
  }).timeout(30_000)
})
