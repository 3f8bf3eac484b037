import { expect } from 'chai'
import { type Change, KnownChanges, type Look, type Subject } from '../src/platform/database/known-changes.js'

/** Token 1 and 2 are of user 1, token 3 of user 2. */
const OWNER: Record<number, number> = { 1: 1, 2: 1, 3: 2 }
const TOKENS = [1, 2, 3]
const SUBJECTS: Subject[] = ['token:1', 'token:2', 'token:3', 'user:1', 'user:2', 'all']

const subjectsOf = (token: number): Subject[] => [`token:${token}`, `user:${OWNER[token]!}`]

/** A database in which rights are taken for good, with rows of the last changes alone. */
class Rows {
  value = 0
  rows: Look['rows'] = []
  private nonce = 0
  readonly takenAt = new Map<number, number>()

  take(subject: Subject, told: 'with a row' | 'by an older version') {
    this.value++
    const change = { number: this.value, nonce: this.nonce++ }
    if (told === 'with a row') this.rows.push({ ...change, subject })
    for (const token of TOKENS)
      if (subject === 'all' || subjectsOf(token).includes(subject))
        this.takenAt.set(token, this.takenAt.get(token) ?? this.value)
    return change
  }

  /** As a server that takes over before the last change has reached it. */
  loseLast() {
    for (const [token, at] of this.takenAt) if (at === this.value) this.takenAt.delete(token)
    this.rows = this.rows.filter(({ number }) => number !== this.value)
    this.value = Math.max(0, this.value - 1)
  }

  look(since: number | undefined): Look {
    return { value: this.value, rows: this.rows.filter(({ number }) => number >= (since ?? this.value)) }
  }
}

interface Remembered {
  moment: number
  isGood: boolean
}

class Process {
  readonly known = new KnownChanges()
  readonly memory = new Map<number, Remembered>()
  /** Look-ups that have begun, and those that have read. */
  readonly begun: { token: number; moment: number; isGood?: boolean }[] = []
  committed: { subject: Subject; change: Change }[] = []
  looking: Look | undefined
  /** Up to which change of the database it must refuse, and which of its own beyond. */
  told = 0
  own: number[] = []

  letsIn(token: number) {
    const found = this.memory.get(token)
    return found?.isGood === true && this.known.isUnchangedSince(found.moment, subjectsOf(token))
  }

  mustRefuse(token: number, database: Rows) {
    const at = database.takenAt.get(token)
    return at !== undefined && (at <= this.told || this.own.includes(at))
  }
}

/** Numbers from 0 up to one less than `below`, the same for each seed. */
function numbers(seed: number) {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Step = (process: Process, database: Rows, number: (below: number) => number, all: Process[]) => void

const STEPS: Record<string, Step> = {
  'a look-up begins': ({ known, begun }, _database, number) => {
    begun.push({ token: TOKENS[number(3)]!, moment: known.moment() })
  },
  'a look-up reads': ({ begun }, { takenAt }, number) => {
    const one = begun[number(begun.length || 1)]
    if (one && one.isGood === undefined) one.isGood = !takenAt.has(one.token)
  },
  'a look-up ends': ({ begun, memory }, _database, number) => {
    const at = number(begun.length || 1)
    const { token, moment, isGood } = begun[at] ?? {}
    if (token === undefined || isGood === undefined) return
    begun.splice(at, 1)
    memory.set(token, { moment: moment!, isGood })
  },
  'a right is taken': ({ committed }, database, number) => {
    const subject = SUBJECTS[number(SUBJECTS.length)]!
    committed.push({ subject, change: database.take(subject, 'with a row') })
  },
  'the response to it goes out': (process) => {
    const done = process.committed.shift()
    if (!done) return
    process.known.note(done.subject, done.change)
    process.own.push(done.change.number)
  },
  'a process of an older version takes a right': (_process, database, number) => {
    if (number(4) === 0) database.take(SUBJECTS[number(SUBJECTS.length)]!, 'by an older version')
  },
  'a look at the changes reads': (process, database) => {
    process.looking ??= database.look(process.known.nextLook())
  },
  'a look at the changes ends': (process) => {
    if (!process.looking) return
    process.known.catchUp(process.looking)
    process.told = process.looking.value
    process.looking = undefined
  },
  'a look at the changes fails': (process, _database, number) => {
    if (number(3) > 0) return
    process.known.loseTrack()
    process.looking = undefined
  },
  'another server takes over': (_process, database, number, all) => {
    if (number(4) > 0) return
    const lost = database.value
    const isSeen = number(2) === 0
    database.loseLast()
    for (const process of all) {
      process.committed = process.committed.filter(({ change }) => change.number !== lost)
      process.own = process.own.filter((value) => value !== lost)
      // A pooler may hide it, so that no look fails.
      if (isSeen) process.known.loseTrack()
      process.looking = undefined
      process.told = Math.min(process.told, database.value)
    }
  },
  'old changes are pruned': (_process, database) => {
    database.rows = database.rows.slice(-2)
  },
}

describe('what a process knows of changes', () => {
  it('never lets a right that was taken be remembered, in 20,000 orders of look-ups, changes and looks', () => {
    let refusals = 0
    for (let seed = 0; seed < 20_000; seed++) {
      const number = numbers(seed)
      const database = new Rows()
      const processes = [new Process(), new Process()]
      const history: string[] = []
      for (let step = 0; step < 60; step++) {
        const [name, take] = Object.entries(STEPS)[number(Object.keys(STEPS).length)]!
        const at = number(2)
        take(processes[at]!, database, number, processes)
        history.push(`${at}: ${name}`)
        for (const process of processes)
          for (const token of TOKENS.filter((token) => process.mustRefuse(token, database))) {
            refusals++
            if (process.letsIn(token)) expect.fail(`seed ${seed}, token ${token}:\n${history.join('\n')}`)
          }
      }
    }
    expect(refusals).to.be.greaterThan(100_000)
  })

  it('forgets what a change is about, and nothing else', () => {
    const known = new KnownChanges()
    known.catchUp({ value: 7, rows: [{ number: 7, nonce: 70, subject: 'token:3' }] })
    const moment = known.moment()
    known.catchUp({
      value: 9,
      rows: [
        { number: 7, nonce: 70, subject: 'token:3' },
        { number: 8, nonce: 80, subject: 'token:1' },
        { number: 9, nonce: 90, subject: 'user:2' },
      ],
    })
    expect(TOKENS.map((token) => known.isUnchangedSince(moment, subjectsOf(token)))).to.deep.equal([false, true, false])
  })

  it('forgets another change that got the number of its own one, which a failover has lost', () => {
    const known = new KnownChanges()
    known.catchUp({ value: 5, rows: [{ number: 5, nonce: 50, subject: 'user:9' }] })
    known.note('token:1', { number: 6, nonce: 60 })
    const moment = known.moment()
    known.catchUp({
      value: 6,
      rows: [
        { number: 5, nonce: 50, subject: 'user:9' },
        { number: 6, nonce: 61, subject: 'token:2' },
      ],
    })
    expect(known.isUnchangedSince(moment, ['token:2'])).to.equal(false)
  })

  const strange: Record<string, Look> = {
    'other changes have the numbers that it knows, as after a restore': {
      value: 5,
      rows: [{ number: 5, nonce: 51, subject: 'user:8' }],
    },
    'a look has more rows than it may tell': { value: 6, rows: [] },
  }
  for (const [when, look] of Object.entries(strange))
    it(`forgets everybody where ${when}`, () => {
      const known = new KnownChanges()
      known.catchUp({ value: 5, rows: [{ number: 5, nonce: 50, subject: 'user:9' }] })
      const moment = known.moment()
      known.catchUp(look)
      expect(known.isUnchangedSince(moment, ['token:2'])).to.equal(false)
    })

  it('is bounded: beyond 20,000 subjects the oldest moments are worthless', () => {
    const known = new KnownChanges()
    const before = known.moment()
    known.note('token:1')
    const after = known.moment()
    for (let token = 2; token <= 20_001; token++) known.note(`token:${token}`)
    expect([before, after].map((moment) => known.isUnchangedSince(moment, ['token:30000']))).to.deep.equal([
      false,
      true,
    ])
  })
})
