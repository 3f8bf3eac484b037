import { expect } from 'chai'
import { KnownAddress } from '../src/identity/sign-in/sign-in.js'
import { hashCounts } from '../src/identity/users/hash-gate.js'
import { write } from '../src/platform/database/write-queue.js'
import { holdHashes, waitingHashes } from './hash-slots.js'
import { expectWithin } from './process.js'
import { makeUser, PASSWORD, raw } from './support.js'

const OFFICE = '127.9.0.1'

/** Strangers who wait at most. */
const STRANGERS = 32

let host = 0

/** An address that no other test has used. */
function elsewhere() {
  host++
  return `127.8.${host >> 8}.${host & 255}`
}

function signIn(username: string, from: string) {
  return raw('POST', '/gettoken/', {
    headers: { 'content-type': 'application/json' },
    from,
    body: JSON.stringify({ username, password: PASSWORD }),
  })
}

/** A sign-in under a name, and from an address, that no other test has used. */
function stranger() {
  const from = elsewhere()
  return signIn(`nobody-at-${from}`, from)
}

async function makeKnown(username: string, address: string) {
  const { id } = await makeUser({ username })
  await write((transaction) => KnownAddress.create({ userId: id, address, lastLoginAt: new Date() }, { transaction }))
}

/** More sign-ins than strangers may wait. Places are kept of who was refused a moment ago, so fewer than that may wait. */
async function fill(signIn: (index: number) => Promise<{ status: number }>) {
  let refused = 0
  const all = Array.from({ length: 2 * STRANGERS }, async (_, index) => {
    if ((await signIn(index)).status === 503) refused++
  })
  await expectWithin(5000, async () => refused + hashCounts().waiting === all.length)
  expect(hashCounts().waiting).to.be.within(1, STRANGERS)
  return { waiting: hashCounts().waiting, refused: () => refused, end: Promise.all(all) }
}

describe('the queue of sign-ins', () => {
  let release: () => void

  beforeEach(async () => {
    await makeUser({ username: 'ravi' })
    release = () => {}
  })

  afterEach(async () => {
    release()
    await waitingHashes(0)
  })

  // The first of them: places are kept for some seconds of strangers who were refused.
  it('lets a stranger in before the last of many from one address', async () => {
    const one = elsewhere()
    release = holdHashes()
    const many = await fill((index) => signIn(`nobody${index}`, one))
    const before = many.refused()
    const other = signIn('ravi', elsewhere())
    await expectWithin(5000, async () => many.refused() + hashCounts().waiting === 2 * STRANGERS + 1)
    release()
    expect((await other).status).to.equal(200)
    await many.end
    expect(many.refused() - before).to.be.at.most(1)
  })

  it('refuses a stranger when it is full of strangers, with the seconds to wait', async () => {
    release = holdHashes()
    const strangers = await fill(stranger)
    const { status, headers, text } = await stranger()
    expect(status).to.equal(503)
    expect(headers['retry-after']).to.match(/^\d+$/)
    expect(text).to.contain(`try again in ${headers['retry-after']} s`)
    release()
    await strangers.end
  })

  it('has room for users who have signed in from there before, however many strangers wait', async () => {
    const from = elsewhere()
    await makeKnown('asha', from)
    release = holdHashes()
    const strangers = await fill(stranger)
    const known = signIn('asha', from)
    await waitingHashes(strangers.waiting + 1)
    release()
    expect((await known).status).to.equal(200)
    await strangers.end
  })

  it('takes a person for a stranger where only others have signed in', async () => {
    const from = elsewhere()
    await makeKnown('asha', from)
    release = holdHashes()
    const strangers = await fill(stranger)
    expect((await signIn('ravi', from)).status).to.equal(503)
    release()
    await strangers.end
  })

  it('lets all of an office wait who are known there', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `clerk${index}`)
    for (const name of names) await makeKnown(name, OFFICE)
    release = holdHashes()
    const signingIn = names.map((name) => signIn(name, OFFICE))
    await waitingHashes(names.length)
    release()
    expect((await Promise.all(signingIn)).map(({ status }) => status)).to.deep.equal(names.map(() => 200))
  })
})
