import { mkdtemp, rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { type Database, freshDatabase } from '../databases.js'
import { expectWithin } from '../process.js'
import { ask, type Reply, token } from './ask.js'
import { type Asked, Clients, countsOf } from './clients.js'
import { Gate, KINDS, PROXIES } from './gates.js'
import { Authority } from './people.js'
import { EchoService } from './service.js'
import { SAYINGS, StandIn } from './stand-in.js'

/** Milliseconds that a machine which does other things may add. */
const LATE = 1500
/** Milliseconds after which everybody who may is let in again. */
const HEALED = 5000
const CLIENTS = 50

describe('when Latchkey is away', function () {
  this.timeout(120_000)
  let database: Database
  let latchkey: Authority
  let service: EchoService
  let room: string
  let good: string
  let revoked: string
  let gates: Gate[] = []
  const cells = new Map<string, Map<string, string>>()

  before(async () => {
    database = await freshDatabase()
    latchkey = await Authority.start(database.env)
    service = await EchoService.start()
    room = await mkdtemp('build/proxies-')
    const anna = await latchkey.add('anna')
    good = (await latchkey.give(anna)).value
    const bad = await latchkey.give(anna)
    revoked = bad.value
    await latchkey.revoke(bad.id)
    gates = await Promise.all(
      KINDS.map((kind) => Gate.start(kind, { latchkey: [latchkey.port], service: service.port, room })),
    )
    // Each has a connection that is kept, and has let somebody in.
    for (const [gate, reply] of await all(good)) expect(reply?.status, gate.kind.name).to.equal(200)
  })

  after(async () => {
    await Promise.all(gates.map((gate) => gate.stop()))
    await latchkey?.stop()
    service?.close()
    await rm(room, { recursive: true, force: true })
    await database?.remove()
    for (const [title, row] of cells)
      console.log(`      ${title.padEnd(26)} ${[...row].map(([name, text]) => `${name} ${text}`).join(', ')}`)
  })

  /** What each says to the same token at once. */
  async function all(value: string): Promise<[Gate, Reply | undefined][]> {
    service.reached.length = 0
    const replies = gates.map((gate) => ask(gate.port, { lines: [token(value)] }).catch(() => undefined))
    return (await Promise.all(replies)).map((reply, index) => [gates[index]!, reply])
  }

  /** Nobody is let in, nobody is told that the token is bad, and all are told within their time. */
  function expectUnavailable(title: string, replies: [Gate, Reply | undefined][]) {
    const row = new Map<string, string>()
    cells.set(title, row)
    for (const [{ kind }, reply] of replies)
      row.set(kind.name, `${reply?.status} ${((reply?.milliseconds ?? 0) / 1000).toFixed(1)} s`)
    expect(service.reached).to.deep.equal([])
    for (const [{ kind }, reply] of replies) {
      expect(reply?.status, `${kind.name}: ${reply?.text}`).to.equal(503)
      expect(Number(reply?.headers['retry-after']), kind.name).to.be.at.least(1)
      expect(reply?.milliseconds, kind.name).to.be.at.most(kind.patience + LATE)
    }
  }

  async function expectHealed() {
    const started = performance.now()
    for (const gate of gates)
      await expectWithin(HEALED, async () => (await ask(gate.port, { lines: [token(good)] })).status === 200)
    expect(performance.now() - started).to.be.at.most(HEALED)
    for (const [{ kind }, reply] of await all(revoked)) expect(reply?.status, kind.name).to.equal(401)
  }

  it('frozen, each says 503 in its time, and lets in again after it', async () => {
    latchkey.freeze()
    try {
      expectUnavailable('frozen', await all(good))
    } finally {
      latchkey.thaw()
    }
    await expectHealed()
  })

  it('ended, each says 503, and lets in again when it is back', async () => {
    await latchkey.stop('SIGKILL')
    try {
      expectUnavailable('ended', await all(good))
      expectUnavailable('ended, a token that is bad', await all(revoked))
    } finally {
      await latchkey.startAgain()
    }
    await expectHealed()
  })

  describe('and something else in its place says', () => {
    before(() => latchkey.stop())

    after(async () => {
      await latchkey.startAgain()
      await expectHealed()
    })

    for (const saying of SAYINGS)
      it(`${saying.title}, nobody is let in`, async () => {
        const other = await StandIn.at(latchkey.port, saying)
        try {
          expectUnavailable(saying.title, await all(good))
        } finally {
          await other.close()
        }
      })
  })

  it(`killed, started, frozen and restarted while ${CLIENTS} clients ask each proxy: none is let in who may not be`, async () => {
    service.remembers = false
    const proxies = gates.filter(({ kind }) => PROXIES.includes(kind))
    const crowds = proxies.map(({ port }) => ({
      good: Clients.of(port, { count: CLIENTS - 10, lines: { authorization: `Token ${good}` }, pause: 50 }),
      bad: Clients.of(port, { count: 10, lines: { authorization: `Token ${revoked}` }, pause: 50 }),
    }))
    await wait(1500)
    await latchkey.stop('SIGKILL')
    await wait(1000)
    await latchkey.startAgain()
    await wait(2500)
    latchkey.freeze()
    await wait(9500)
    latchkey.thaw()
    await wait(2500)
    await latchkey.stop('SIGTERM')
    await latchkey.startAgain()
    await wait(HEALED)
    const ended = performance.now()
    await wait(1000)
    for (const [index, { kind }] of proxies.entries()) {
      const mayIn = await crowds[index]!.good.stop()
      const mayNot = await crowds[index]!.bad.stop()
      const longest = Math.max(...[...mayIn, ...mayNot].map(({ started, ended }) => ended - started))
      console.log(
        `      ${kind.name}: who may ${countsOf(mayIn)}; who may not ${countsOf(mayNot)}; longest ${(longest / 1000).toFixed(1)} s`,
      )
      expect(statusesOf(mayIn), `${kind.name}, who may`).to.deep.equal([200, 503])
      expect(statusesOf(mayNot), `${kind.name}, who may not`).to.deep.equal([401, 503])
      expect(longest, kind.name).to.be.at.most(kind.patience + LATE)
      const last = mayIn.filter(({ started }) => started > ended)
      expect(last, kind.name).to.have.length.above(CLIENTS)
      expect(statusesOf(last), `${kind.name}, at the end`).to.deep.equal([200])
    }
  })
})

function statusesOf(seen: Asked[]): number[] {
  return [...new Set(seen.map(({ status }) => status))].sort()
}
