import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { REAL_HASHES } from './hashes.js'
import type { Result, Rush } from './rush.js'

const KNOWN = { people: 1000, areKnown: true }
const STRANGERS = { people: 1000, areKnown: false }

/** Two hashes at once of 0.2 s, and of 0.05 s, which are those of cost 12 and 10 on two cores. */
const SLOW = 0.2
const FAST = 0.05

async function outcomeOf(rush: Rush): Promise<Result> {
  const env = { ...process.env, ...REAL_HASHES, LATCHKEY_PASSWORD_COST: rush.hash === FAST ? '10' : '12' }
  const { stdout } = await promisify(execFile)(process.execPath, ['build/test/rush.js', JSON.stringify(rush)], { env })
  return JSON.parse(stdout) as Result
}

describe('1,000 people who sign in and come back when told to', function () {
  this.timeout(60_000)

  const rushes: [title: string, rush: Rush][] = [
    ['within a minute', { ...KNOWN, within: 60, hash: SLOW }],
    ['within a minute, half of them from one office', { ...KNOWN, within: 60, hash: SLOW, ofOffice: 0.5 }],
    ['in the same second', { ...KNOWN, within: 1, hash: SLOW }],
    ['in the same second, half of them from one office', { ...KNOWN, within: 1, hash: FAST, ofOffice: 0.5 }],
    ['from where none has signed in before', { ...STRANGERS, within: 60, hash: SLOW }],
    ['from where none has, half of them from one office', { ...STRANGERS, within: 60, hash: SLOW, ofOffice: 0.5 }],
  ]
  for (const [title, rush] of rushes)
    it(`are in within 1.2 times what their hashes demand, and refused three times at most: ${title}`, async () => {
      const { times, refusals, longest } = await outcomeOf(rush)
      expect(times).to.be.below(1.2)
      expect(refusals).to.be.at.most(3)
      expect(longest).to.be.below(15)
    })

  it('have three of four hashes, however many addresses of strangers ask all the time', async () => {
    const { times, refusals } = await outcomeOf({ ...KNOWN, people: 300, within: 10, hash: SLOW, attackers: 60 })
    expect(times).to.be.below((4 / 3) * 1.2)
    expect(refusals).to.be.at.most(3)
  })

  it('are not kept out by one address that asks all the time', async () => {
    const few = { people: 100, within: 60, hash: SLOW, attackers: 200, areOne: true }
    const { times, refusals } = await outcomeOf({ ...few, areKnown: false })
    expect(times).to.be.below(1.2)
    expect(refusals).to.be.at.most(3)
  })
})
