import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { isSqlite } from '../../src/platform/database/connection.js'
import { type Answer, answerTo } from '../answer.js'
import { Balancer } from '../balancer.js'
import { type Database, freshDatabase } from '../databases.js'
import { freePort } from '../postgres.js'
import { expectWithin, ServerProcess } from '../process.js'

const FIRST = { LATCHKEY_SUPERUSER_USERNAME: 'Srinivas', LATCHKEY_SUPERUSER_PASSWORD: 'admin123' }

/** 20 restarts and 20,000 requests need FAULT_ROUNDS=20. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 3)
const REQUESTS = 1000 * ROUNDS
const CLIENTS = 100

/** Milliseconds that a client rests after an answer, so that the machine has something left for the restarts. */
const REST = 150

let database: Database
let agent: Agent
let token: string
let made: number

interface Sent {
  method: string
  path: string
  json?: object
  key?: string
}

/** @throws the network's error when there was no whole answer */
function send(url: string, { method, path, json, key }: Sent): Promise<Answer> {
  const headers = {
    Authorization: `Token ${token}`,
    ...(json && { 'Content-Type': 'application/json' }),
    ...(key && { 'Idempotency-Key': key }),
  }
  return answerTo(httpRequest(url + path, { method, headers, agent }), json)
}

function nextRow() {
  return { method: 'POST', path: '/api/emp_viewset', json: { empid: ++made, empname: 'x', salary: 1 } }
}

async function start(port: number): Promise<ServerProcess> {
  return ServerProcess.start({ ...database.env, ...FIRST, PORT: String(port), LATCHKEY_TRUST_PROXY: '127.0.0.1' })
}

async function signIn(node: ServerProcess) {
  const json = { username: 'Srinivas', password: 'admin123' }
  token = ((await (await node.fetch('/gettoken/', { json })).json()) as { token: string }).token
}

async function rowsAt(node: ServerProcess): Promise<number> {
  const { headers } = await node.fetch('/api/emp_viewset?limit=1&count=true', { token })
  return Number(headers.get('x-total-count'))
}

beforeEach(() => {
  agent = new Agent({ keepAlive: true })
  made = 0
})

afterEach(() => agent.destroy())

if (!isSqlite)
  describe('two nodes behind a balancer, restarted in turn', function () {
    this.timeout(600_000)

    let nodes: ServerProcess[]
    let balancer: Balancer

    beforeEach(async () => {
      database = await freshDatabase()
      const ports = [await freePort(), await freePort()]
      nodes = [await start(ports[0]!), await start(ports[1]!)]
      balancer = await Balancer.start(ports)
      await signIn(nodes[0]!)
      await expectWithin(10_000, async () => ports.every((port) => balancer.isReady(port)))
    })

    afterEach(async () => {
      balancer.close()
      for (const node of nodes) await node.stop('SIGKILL')
      await database.remove()
    })

    it('fail no request, make no row twice, and end with 0 within 10 s', async () => {
      const failed: string[] = []
      let [requests, restarting] = [0, true]
      const clients = Array.from({ length: CLIENTS }, async (_, index) => {
        for (let turn = index; restarting || requests < REQUESTS; turn++, await wait(REST)) {
          const [sent, wanted] =
            turn % 2 ? [nextRow(), 201] : [{ method: 'GET', path: `/api/emp_viewset?limit=1&offset=${turn}` }, 200]
          const answer = await send(balancer.url, sent).catch((error: Error) => ({ status: 0, text: String(error) }))
          requests++
          if (answer.status !== wanted) failed.push(`${sent.method} ${answer.status} ${answer.text}`)
        }
      })
      const ends: { code: number | null; milliseconds: number }[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const node = nodes[round % 2]!
        const port = Number(new URL(node.url).port)
        const began = performance.now()
        ends.push({ code: await node.stop('SIGTERM'), milliseconds: performance.now() - began })
        nodes[round % 2] = await start(port)
        await expectWithin(10_000, async () => balancer.isReady(port))
      }
      restarting = false
      await Promise.all(clients)
      const longest = Math.max(...ends.map(({ milliseconds }) => milliseconds))
      console.log(`      ${ROUNDS} restarts, ${requests} requests, ${failed.length} failed; ${made} rows`)
      console.log(`      longest stop ${longest.toFixed(0)} ms`)
      expect(failed).to.deep.equal([])
      expect(await rowsAt(nodes[0]!)).to.equal(made)
      expect(ends.map(({ code }) => code)).to.deep.equal(ends.map(() => 0))
      expect(longest).to.be.below(10_000)
    })
  })

describe('one node without a balancer', function () {
  this.timeout(600_000)

  let node: ServerProcess

  beforeEach(async () => {
    database = await freshDatabase()
    node = await start(await freePort())
    await signIn(node)
  })

  afterEach(async () => {
    await node.stop('SIGKILL')
    await database.remove()
  })

  it('stopped or killed under load: each create that is retried with its key makes one row', async () => {
    const { url } = node
    const outcomes = { refused: 0, ambiguous: 0 }
    const wrong: string[] = []
    let running = true
    /** Until there is an answer; 409 says that the first one is still running, 503 that it was not done. */
    const insist = async (sent: Sent) => {
      for (;;) {
        const answer = await send(url, sent).catch(({ code }: NodeJS.ErrnoException) => {
          outcomes[code === 'ECONNREFUSED' ? 'refused' : 'ambiguous']++
          return undefined
        })
        if (answer && ![409, 503].includes(answer.status)) return answer
        await wait(REST)
      }
    }
    const clients = Array.from({ length: 20 }, async () => {
      while (running) {
        const { json, ...sent } = nextRow()
        const { status, text } = await insist({ ...sent, json, key: `key-${json.empid}` })
        if (status !== 201 || JSON.parse(text).empid !== json.empid) wrong.push(`${status} ${text}`)
        await wait(10)
      }
    })
    for (let round = 0; round < 2 * ROUNDS; round++) {
      await wait(1000)
      await node.stop(round % 2 ? 'SIGKILL' : 'SIGTERM')
      node = await start(Number(new URL(url).port))
    }
    running = false
    await Promise.all(clients)
    console.log(`      ${2 * ROUNDS} restarts, ${made} creates, ${outcomes.ambiguous} ambiguous resets`)
    expect(wrong).to.deep.equal([])
    expect(await rowsAt(node)).to.equal(made)
    expect(outcomes.ambiguous).to.be.above(0)
  })
})
