import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { admitAttempt } from '../src/identity/sign-in/throttle.js'
import { isSqlite, select } from '../src/platform/database/connection.js'
import { HttpError } from '../src/platform/failures.js'
import { makeUser, PASSWORD, raw } from './support.js'

let count = 0

/** A name and a range that no other test has used: counters live as long as the process. */
function stranger() {
  count++
  return { username: `guessed${count}-${process.pid}`, range: `127.${64 + count}` }
}

function login(username: string, password: string, from: string) {
  return raw('POST', '/gettoken/', {
    headers: { 'content-type': 'application/json' },
    from,
    body: JSON.stringify({ username, password }),
  })
}

/** What the counters hold: rows, or bytes of the process that nothing frees. */
async function held(): Promise<number> {
  if (!isSqlite) return (await select('SELECT key FROM throttle')).length
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

describe('a name that is guessed from many addresses', function () {
  this.timeout(60_000)
  const clock = Date.now
  let ahead = 0

  beforeEach(() => {
    ahead = 0
    Date.now = () => clock() + ahead
  })

  afterEach(() => {
    Date.now = clock
  })

  /** Fifty-four failures: more than are free over all addresses. */
  async function besieged() {
    const { username, range } = stranger()
    await makeUser({ username })
    for (let host = 1; host <= 6; host++)
      for (let failure = 0; failure < 9; failure++) await login(username, 'wrong', `${range}.1.${host}`)
    return {
      username,
      pollers: Array.from({ length: 12 }, (_, host) => `${range}.2.${host + 1}`),
      owner: `${range}.3.1`,
    }
  }

  it('lets its owner in who comes back when told to, however often the others ask', async () => {
    const { username, pollers, owner } = await besieged()
    let guessed = 0
    let due = 5
    let status = 0
    let second = 0
    for (; second < 60 && status !== 200; second++, ahead += 1000) {
      for (const poller of pollers) if ((await login(username, 'wrong', poller)).status === 400) guessed++
      if (second < due) continue
      const answer = await login(username, PASSWORD, owner)
      status = answer.status
      if (status === 429) expect(Number(answer.headers['retry-after'])).to.be.within(1, 30)
      due = second + Number(answer.headers['retry-after'])
    }
    expect(status).to.equal(200)
    expect(guessed).to.be.at.most(3)
  })

  it('lets its owner in who polls, but less than the others', async () => {
    const { username, pollers, owner } = await besieged()
    let status = 0
    for (let half = 0; half < 120 && status !== 200; half++, ahead += 500) {
      if (half % 2 === 0) for (const poller of pollers) await login(username, 'wrong', poller)
      if (half % 3 === 0) status = (await login(username, PASSWORD, owner)).status
    }
    expect(status).to.equal(200)
  })

  it('lets its owner in at last where the others are as patient', async () => {
    const { username, pollers, owner } = await besieged()
    const everybody = new Map([...pollers, owner].map((from) => [from, 0]))
    let isIn = false
    // Each guess costs an address: twelve rounds.
    for (let second = 0; second < 420 && !isIn; second++, ahead += 1000)
      for (const [from, due] of everybody) {
        if (second < due) continue
        const { status, headers } = await login(username, from === owner ? PASSWORD : 'wrong', from)
        everybody.set(from, second + Number(headers['retry-after'] ?? 30))
        isIn ||= status === 200
      }
    expect(isIn).to.equal(true)
  })

  it('lets an owner in while others of the same IPv6 site ask all the time', async () => {
    const { username } = stranger()
    const site = `3fff:0:${(0x2000 + count).toString(16)}`
    const admitted = (name: string, place: number) =>
      admitAttempt(name, `${site}:${place.toString(16)}::1`, false).then(
        () => true,
        () => false,
      )
    for (let index = 0; index < 1000; index++) await admitted(`${username}-${index}`, index)
    let isIn = false
    for (let second = 0; second < 60 && !isIn; second++, ahead += 1000) {
      for (let place = 0; place < 5; place++) await admitted(`${username}-${second}-${place}`, place)
      if (second % 2 === 1) isIn = await admitted(username, 5000)
    }
    expect(isIn).to.equal(true)
  })

  it('is guessed once in 30 s at most, by however many at the same moment', async () => {
    const { username, range } = stranger()
    await makeUser({ username })
    for (let host = 1; host <= 6; host++)
      for (let failure = 0; failure < 9; failure++) await login(username, 'wrong', `${range}.1.${host}`)
    for (let round = 0; round < 3; round++) {
      ahead += 30_000
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, host) => login(username, 'wrong', `${range}.2.${host + 1}`)),
      )
      expect(answers.filter(({ status }) => status === 400).length).to.be.at.most(1)
    }
  })
})

describe('the counters of sign-ins', function () {
  this.timeout(120_000)

  it('forget what was refused, whatever names strangers choose', async () => {
    const { username } = stranger()
    const places = isSqlite ? 20_000 : 500
    const before = await held()
    for (let index = 0; index < places; index++) {
      const attempt = await admitAttempt(`${username}-${index}`, `2001:db8:${(index % 60_000).toString(16)}::1`, false)
      await attempt.withdrawn()
    }
    const more = (await held()) - before
    // It was a kilobyte for each.
    expect(more).to.be.at.most(isSqlite ? 2_000_000 : 0)
  })

  it('forget what was refused for another reason', async () => {
    const { username } = stranger()
    const place = `2001:db8:ffff:${count.toString(16)}::1`
    for (let failure = 0; failure < 100; failure++) await admitAttempt(`${username}-${failure}`, place, false)
    const before = await held()
    let refused = 0
    for (let index = 0; index < (isSqlite ? 20_000 : 300); index++)
      await admitAttempt(`${username}-again-${index}`, place, false).catch((error: unknown) => {
        refused += Number(error instanceof HttpError && error.status === 429)
      })
    expect(refused).to.be.above(isSqlite ? 19_000 : 290)
    expect((await held()) - before).to.be.at.most(isSqlite ? 2_000_000 : 30)
  })

  it('count an IPv6 site together, of whose networks a customer has 65,536', async () => {
    const { username } = stranger()
    const site = `2001:db8:${(0x1000 + count).toString(16)}`
    const tries = async (from: number, to: number) => {
      for (let index = from; index < to; index++)
        await admitAttempt(`${username}-${index}`, `${site}:${index.toString(16)}::1`, false)
    }
    await tries(0, 1000)
    // One in 30 s gets through.
    const refusal = await tries(1000, 1003).catch((error: unknown) => error)
    expect(refusal).to.be.instanceOf(HttpError).and.include({ status: 429 })
    // The owner who has signed in from there before keeps the own budget.
    await admitAttempt(username, `${site}:1::1`, true)
    await admitAttempt(username, '2001:db8:aaaa::1', false)
  })
})
