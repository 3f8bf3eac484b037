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

  it('lets its owner in from a new one, however often the others ask', async () => {
    const { username, range } = stranger()
    await makeUser({ username })
    const guess = async (from: string) => (await login(username, 'wrong', from)).status
    for (let host = 1; host <= 6; host++)
      for (let failure = 0; failure < 9; failure++) await guess(`${range}.1.${host}`)
    const attackers = Array.from({ length: 6 }, (_, host) => `${range}.2.${host + 1}`)
    const owner = `${range}.3.1`
    let status = 429
    let rounds = 0
    let guessed = 0
    for (; status === 429 && rounds < 10; rounds++) {
      for (let poll = 0; poll < 3; poll++)
        for (const attacker of attackers) if ((await guess(attacker)) === 400) guessed++
      const answer = await login(username, PASSWORD, owner)
      status = answer.status
      if (status === 429) expect(Number(answer.headers['retry-after'])).to.be.within(1, 30)
      ahead += 30_000
    }
    // Who has guessed wrong comes after who has not: an attacker needs a new address for each guess.
    expect(status).to.equal(200)
    expect(rounds).to.be.at.most(8)
    expect(guessed).to.be.at.most(rounds)
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
    await tries(0, 1001)
    const refusal = await tries(1001, 1002).catch((error: unknown) => error)
    expect(refusal).to.be.instanceOf(HttpError).and.include({ status: 429 })
    // The owner who has signed in from there before keeps the own budget.
    await admitAttempt(username, `${site}:1::1`, true)
    await admitAttempt(username, '2001:db8:aaaa::1', false)
  })
})
