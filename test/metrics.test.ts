import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { isSqlite } from '../src/platform/database/connection.js'
import { onPostgres } from './databases.js'
import { parseExposition, type Samples, sumOf } from './exposition.js'
import { holdHashes, waitingHashes } from './hash-slots.js'
import { expectWithin } from './process.js'
import {
  anonymous,
  clientOf,
  clientWithValue,
  makePersonal,
  makeUser,
  PASSWORD,
  raw,
  type superuserClient,
} from './support.js'
import { Pair } from './workers.js'

type Client = Awaited<ReturnType<typeof superuserClient>>

const EMPLOYEE = { empid: 101, empname: 'Srinu', salary: '20000.00' }

describe('getMetrics', () => {
  let scraper: Client

  beforeEach(async () => {
    const user = await makeUser({ isSuperuser: true })
    scraper = clientWithValue((await makePersonal(user, { scopes: ['metrics:read'] })).value)
  })

  const samples = async () => parseExposition((await scraper.get('/metrics').expect(200)).text)

  /** By how much a metric grows meanwhile; a request is counted when its answer is over, a moment after the client has it. */
  async function expectGrowth(of: (samples: Samples) => number, growth: number, work: () => Promise<unknown>) {
    const before = of(await samples())
    await work()
    await expectWithin(2000, async () => of(await samples()) === before + growth)
  }

  it('answers what Prometheus asks for', async () => {
    const accept =
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1'
    const { status, headers } = await scraper.get('/metrics').set('Accept', accept)
    expect(status).to.equal(200)
    expect(headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8')
  })

  it('answers its text to a client that takes JSON alone, as generated clients do', async () => {
    const { status, headers, text } = await scraper.get('/metrics').set('Accept', 'application/json')
    expect([status, headers['content-type']]).to.deep.equal([200, 'text/plain; version=0.0.4; charset=utf-8'])
    expect(text).to.contain('latchkey_requests_total')
  })

  it('is closed to everybody who was not given its scope', async () => {
    expect((await anonymous().get('/metrics')).status).to.equal(401)
    const { status, body } = await (await clientOf(await makeUser())).get('/metrics')
    expect([status, body.missing_scopes]).to.deep.equal([403, ['metrics:read']])
  })

  it('describes the service, its process and its event loop', async () => {
    const names = new Set([...(await samples()).keys()].map((key) => key.replace(/\{.*/s, '')))
    const ofDatabase = isSqlite
      ? ['latchkey_write_queue_length', 'latchkey_write_group_size_count']
      : ['latchkey_database_connections']
    expect([...names]).to.include.members([
      'latchkey_requests_total',
      'latchkey_request_duration_seconds_bucket',
      'latchkey_login_attempts_total',
      'latchkey_password_hashes',
      'latchkey_principal_cache_lookups_total',
      'latchkey_epoch_lag_seconds',
      ...ofDatabase,
      'process_resident_memory_bytes',
      'process_cpu_user_seconds_total',
      'nodejs_eventloop_lag_p99_seconds',
    ])
  })

  it('counts requests by operation and status', async () => {
    const client = await clientOf(await makeUser())
    const missing = (now: Samples) => sumOf(now, 'latchkey_requests_total', { operation: 'getEmployee', status: '404' })
    await expectGrowth(missing, 3, async () => {
      for (let round = 0; round < 3; round++) await client.get('/api/emp_viewset/404').expect(404)
    })
  })

  it('counts what an operation refuses before it begins', async () => {
    const refused = (now: Samples) =>
      sumOf(now, 'latchkey_requests_total', { operation: 'listEmployees', status: '400' })
    await expectGrowth(refused, 1, () => anonymous().get('/api/emp_viewset?limt=5').expect(400))
  })

  it('counts every path that is no operation in one place', async () => {
    const strange = (now: Samples) => sumOf(now, 'latchkey_requests_total', { operation: 'none', status: '404' })
    await expectGrowth(strange, 2, async () => {
      await anonymous().get('/a-path-of-its-own').expect(404)
      await anonymous().get('/another').expect(404)
    })
    expect([...(await samples()).keys()].join()).not.to.match(/a-path-of-its-own|another/)
  })

  it('counts checks by scope and outcome, and an unknown scope without its name', async () => {
    const checks = (scope: string, outcome: string) => (now: Samples) =>
      sumOf(now, 'latchkey_checks_total', { scope, outcome })
    const client = await clientOf(await makeUser())
    await expectGrowth(checks('employees:read', 'allowed'), 1, () =>
      client.get('/api/checks/employees:read').expect(200),
    )
    await expectGrowth(checks('users:write', 'forbidden'), 1, () => client.get('/api/checks/users:write').expect(403))
    await expectGrowth(checks('unknown', 'unauthenticated'), 1, () =>
      anonymous().get('/api/checks/of-a-stranger:own').expect(401),
    )
    expect([...(await samples()).keys()].join()).not.to.match(/of-a-stranger/)
  })

  it('measures how long requests take', async () => {
    const client = await clientOf(await makeUser())
    const slow = (now: Samples) =>
      sumOf(now, 'latchkey_request_duration_seconds_bucket', { operation: 'obtainToken', le: '+Inf' }) -
      sumOf(now, 'latchkey_request_duration_seconds_bucket', { operation: 'obtainToken', le: '0.005' })
    await expectGrowth(slow, 1, async () => {
      const release = holdHashes()
      const answer = signIn('nobody', 'wrong')
      await waitingHashes(1)
      await wait(5)
      release()
      await answer
    })
    await client.get('/api/emp_viewset').expect(200)
    await expectWithin(2000, async () => {
      const found = await samples()
      const count = sumOf(found, 'latchkey_request_duration_seconds_count', { operation: 'listEmployees' })
      const seconds = sumOf(found, 'latchkey_request_duration_seconds_sum', { operation: 'listEmployees' })
      return count > 0 && seconds > 0 && seconds < count * 10
    })
  })

  it('counts sign-ins that succeed and that fail', async () => {
    await makeUser({ username: 'ravi' })
    await expectGrowth(attempts('succeeded'), 1, () => signIn('ravi', PASSWORD))
    await expectGrowth(attempts('failed'), 1, () => signIn('ravi', 'wrong'))
  })

  it('counts sign-ins that come too often', async () => {
    const tries = async (count: number) => {
      for (let round = 0; round < count; round++) await signIn('guessed', 'wrong', '127.0.0.78')
    }
    await tries(10)
    await expectGrowth(attempts('throttled'), 1, () => tries(1))
  }).timeout(60_000)

  it('counts credentials that were known and those that were read', async () => {
    const client = await clientOf(await makeUser())
    const lookups = (result: string) => (now: Samples) =>
      sumOf(now, 'latchkey_principal_cache_lookups_total', { result })
    const [hits, misses] = [lookups('hits')(await samples()), lookups('misses')(await samples())]
    await client.get('/api/').expect(200)
    await client.get('/api/').expect(200)
    const after = await samples()
    expect(lookups('misses')(after)).to.be.above(misses)
    await expectWithin(2000, async () => lookups('hits')(await samples()) > hits)
  })

  it('tells how old the last look at the epoch is', async () => {
    expect(sumOf(await samples(), 'latchkey_epoch_lag_seconds')).to.be.within(0, 60)
    await expectWithin(5000, async () => sumOf(await samples(), 'latchkey_epoch_lag_seconds') < 0.5)
  })

  if (isSqlite)
    it('counts writes by how many shared a commit', async () => {
      const client = await clientOf(await makeUser())
      const writes = (now: Samples) => sumOf(now, 'latchkey_write_group_size_sum')
      const before = writes(await samples())
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => client.post('/api/emp_viewset').send({ ...EMPLOYEE, empid: index })),
      )
      const after = await samples()
      expect(writes(after) - before).to.be.at.least(20)
      expect(sumOf(after, 'latchkey_write_queue_length')).to.be.at.least(0)
    })
  else
    it('counts connections to PostgreSQL', async () => {
      const found = await samples()
      expect(found.has('latchkey_database_connections{state="waiting"}')).to.equal(true)
      const open = ['used', 'idle'].map((state) => sumOf(found, 'latchkey_database_connections', { state }))
      expect(open[0]! + open[1]!).to.be.within(1, 10)
    })

  it('tells nothing of who and what: no name, no token, no address', async () => {
    const user = await makeUser({ username: 'planted-name' })
    const client = await clientOf(user)
    await client.post('/api/emp_viewset').send({ ...EMPLOYEE, empname: 'planted-row' })
    await signIn('planted-name', 'planted-password')
    const { text } = await scraper.get('/metrics')
    expect(text).not.to.match(/planted|lks?_|127\.0\.0|emp_viewset|\/api/)
  })

  const attempts = (outcome: string) => (now: Samples) => sumOf(now, 'latchkey_login_attempts_total', { outcome })
})

onPostgres('the metrics of several workers', function () {
  this.timeout(60_000)
  let pair: Pair

  before(async () => {
    pair = await Pair.start()
    pair.token = await pair.server.signIn()
  })

  after(() => pair.end())

  const listed = async () => {
    const { status, text } = await pair.send('/metrics')
    if (status !== 200) return text
    return sumOf(parseExposition(text), 'latchkey_requests_total', { operation: 'listEmployees', status: '200' })
  }

  it('are added up, whichever is asked', async () => {
    expect(await pair.statusesOf(10, '/api/emp_viewset')).to.deep.equal({ 200: 10 })
    // The second worker may have begun later than the first was ready.
    await expectWithin(20_000, async () => (await listed()) === 10)
    const each = await Promise.all(Array.from({ length: 6 }, listed))
    expect(each).to.deep.equal(each.map(() => 10))
  })

  it('are not given without those of a hanging worker, and are given again when it goes on', async () => {
    const [worker] = pair.workers()
    process.kill(worker!, 'SIGSTOP')
    // The one that hangs takes one of the connections and answers nothing.
    const sent = Array.from({ length: 4 }, () => pair.send('/metrics'))
    const { status, headers } = await Promise.any(sent)
    process.kill(worker!, 'SIGCONT')
    await Promise.allSettled(sent)
    expect([status, headers['retry-after']]).to.deep.equal([503, '2'])
    await expectWithin(10_000, async () => (await pair.send('/metrics')).status === 200)
  })
})

function signIn(username: string, password: string, from = '127.0.0.77') {
  const headers = { 'content-type': 'application/json' }
  return raw('POST', '/gettoken/', { headers, body: JSON.stringify({ username, password }), from })
}
