import { createHmac } from 'node:crypto'
import bcrypt from 'bcrypt'
import { expect } from 'chai'
import { hashCounts } from '../src/identity/users/hash-gate.js'
import { hashPassword } from '../src/identity/users/password.js'
import { User } from '../src/identity/users/user.js'
import { write } from '../src/platform/database/write-queue.js'
import { derivedKey, firstKeyId } from '../src/platform/keys.js'
import { onSqlite } from './databases.js'
import { parseExposition, type Samples, sumOf } from './exposition.js'
import { expectWithin } from './process.js'
import { clientWithValue, makePersonal, makeUser, PASSWORD, raw } from './support.js'

const NEW = 'coffee-4-two'

function login(username: string, password = PASSWORD, from?: string) {
  const headers = { 'content-type': 'application/json' }
  return raw('POST', '/gettoken/', { headers, from, body: JSON.stringify({ username, password }) })
}

describe('an old hash', () => {
  let user: User

  beforeEach(async () => {
    user = await makeUser({ username: 'ravi' })
    const text = createHmac('sha384', derivedKey('password', firstKeyId())).update(PASSWORD).digest('base64')
    const passwordHash = await bcrypt.hash(text, 10)
    await write((transaction) => user.update({ passwordHash }, { transaction }))
  })

  it('of an old password does not come back when a new one is set during a sign-in', async () => {
    const { passwordHash, passwordKey } = await hashPassword(NEW, 'test')
    const signingIn = login('ravi')
    await expectWithin(2000, async () => hashCounts().running === 1)
    await write((transaction) => user.update({ passwordHash, passwordKey }, { transaction }))
    expect(hashCounts().running, 'the sign-in is not over').to.equal(1)
    expect((await signingIn).status).to.equal(400)
    expect((await login('ravi')).status).to.equal(400)
    expect((await login('ravi', NEW)).status).to.equal(200)
  })

  it('lets two right sign-ins at the same moment in', async () => {
    const answers = await Promise.all([login('ravi'), login('ravi')])
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200])
  })

  it('is made anew at the next sign-in', async () => {
    expect((await login('ravi')).status).to.equal(200)
    expect(bcrypt.getRounds((await User.findByPk(user.id))!.passwordHash!)).to.equal(12)
    expect((await login('ravi')).status).to.equal(200)
  })
})

// The queue of hashes sees no database.
onSqlite('sixty sign-ins at once', function () {
  this.timeout(60_000)
  let statuses: number[]
  let retryAfter: (string | undefined)[]
  let own: number
  let counted: number
  let seen: { running: number; waiting: number }

  before(async () => {
    await makeUser({ username: 'mary' })
    const samples = await scraper()
    const before = busy(await samples())
    const flood = Promise.all(Array.from({ length: 60 }, (_, index) => login(`nobody${index}`, 'x', '127.0.0.2')))
    seen = { running: 0, waiting: 0 }
    await expectWithin(10_000, async () => {
      const found = await samples()
      for (const state of ['running', 'waiting'] as const)
        seen[state] = Math.max(seen[state], sumOf(found, 'latchkey_password_hashes', { state }))
      return seen.running > 0 && seen.waiting > 0
    })
    own = (await login('mary', PASSWORD, '127.0.0.3')).status
    const answers = await flood
    statuses = answers.map(({ status }) => status)
    retryAfter = answers.filter(({ status }) => status === 503).map(({ headers }) => headers['retry-after'])
    counted = busy(await samples()) - before
  })

  const busy = (now: Samples) => sumOf(now, 'latchkey_login_attempts_total', { outcome: 'busy' })

  it('are answered, or refused with 503 and told when to come again', () => {
    expect([...new Set(statuses)].sort()).to.deep.equal([400, 503])
    expect([...new Set(retryAfter)]).to.deep.equal(['2'])
  })

  it('keep nobody else out', () => {
    expect(own).to.equal(200)
  })

  it('are seen in the metrics: hashes that run and that wait, and sign-ins for which the queue was full', () => {
    expect(seen.running).to.be.above(0)
    expect(seen.waiting).to.be.above(0)
    expect(counted).to.equal(retryAfter.length)
  })
})

describe('the metrics', () => {
  it('tell that a sign-in is slow', async () => {
    const slow = (now: Samples) =>
      sumOf(now, 'latchkey_request_duration_seconds_bucket', { operation: 'obtainToken', le: '+Inf' }) -
      sumOf(now, 'latchkey_request_duration_seconds_bucket', { operation: 'obtainToken', le: '0.005' })
    await makeUser({ username: 'slow' })
    const samples = await scraper()
    const before = slow(await samples())
    await login('slow')
    await expectWithin(2000, async () => slow(await samples()) === before + 1)
  })
})

/** @returns what asks for the metrics */
async function scraper(): Promise<() => Promise<Samples>> {
  const { value } = await makePersonal(await makeUser({ isSuperuser: true }), { scopes: ['metrics:read'] })
  return async () => parseExposition((await clientWithValue(value).get('/metrics').expect(200)).text)
}
