import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { type Database, freshDatabase } from '../databases.js'
import { FIRST, ServerProcess } from '../process.js'

/** Changes a second, of other tokens and other users. */
const RATE = 60

const ROUNDS = 200

/** Rounds at the same time. */
const TOGETHER = 10

describe('while the rights of others change 60 times a second', function () {
  this.timeout(300_000)
  let database: Database
  let nodes: ServerProcess[]
  let root: string

  before(async () => {
    database = await freshDatabase()
    nodes = [await ServerProcess.start({ ...database.env, ...FIRST }), await ServerProcess.start(database.env)]
    root = await nodes[0]!.signIn()
  })

  after(async () => {
    for (const node of nodes) await node.stop('SIGKILL')
    await database.remove()
  })

  const send = async (method: string, path: string, json?: object) => {
    const answer = await nodes[0]!.fetch(path, { token: root, method, json })
    expect(answer.status, path).to.be.within(200, 204)
    return (answer.status === 204 ? {} : await answer.json()) as { id: number; token: string }
  }
  const makeUser = async (name: string) => (await send('POST', '/api/users', { username: name })).id
  const makeToken = (user: number) => send('POST', '/api/tokens', { user, name: 'x', scopes: ['employees:read'] })
  const status = async (node: ServerProcess, token: string) => (await node.fetch('/api/emp_viewset', { token })).status

  /** Milliseconds after the response in which a node still began to let the value in. */
  async function lateness(node: ServerProcess, token: string) {
    const answered = performance.now()
    let last = answered
    for (let started = answered; ; started = performance.now()) {
      if ((await status(node, token)) !== 200) return last - answered
      last = started
    }
  }

  it('200 revocations and disablings count at once where they were answered, and within a second elsewhere', async () => {
    const stop = new AbortController()
    const others = changeOthers(stop.signal)
    let late = 0
    const delays: number[] = []
    const round = async (number: number) => {
      const user = await makeUser(`user-${number}`)
      const { id, token } = await makeToken(user)
      expect([await status(nodes[0]!, token), await status(nodes[1]!, token)]).to.deep.equal([200, 200])
      if (number % 2 === 0) await send('DELETE', `/api/tokens/${id}`)
      else await send('PATCH', `/api/users/${user}`, { is_active: false })
      const elsewhere = lateness(nodes[1]!, token)
      if ((await status(nodes[0]!, token)) !== 401) late++
      delays.push(await elsewhere)
    }
    for (let first = 0; first < ROUNDS; first += TOGETHER)
      await Promise.all(Array.from({ length: TOGETHER }, (_, index) => round(first + index)))
    stop.abort()
    const changes = await others
    console.log(`      ${changes} other changes; worst of ${ROUNDS} elsewhere: ${Math.max(...delays).toFixed(0)} ms`)
    expect(late).to.equal(0)
    expect(delays.filter((delay) => delay > 1000)).to.deep.equal([])
    expect(changes).to.be.greaterThan(ROUNDS)
  })

  async function changeOthers(stop: AbortSignal) {
    const user = await makeUser('other')
    const { id } = await makeToken(user)
    let count = 0
    const running: Promise<unknown>[] = []
    const started = performance.now()
    while (!stop.aborted) {
      const change =
        count % 2 === 0
          ? send('POST', `/api/tokens/${id}/rotate`, { overlap_seconds: 0 })
          : send('PATCH', `/api/users/${user}`, { is_staff: count % 4 === 1 })
      running.push(change)
      count++
      await wait(Math.max(0, started + (count * 1000) / RATE - performance.now()))
    }
    await Promise.all(running)
    return count
  }
})
