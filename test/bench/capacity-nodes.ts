import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { Database } from './capacity-costs.js'
import type { Check } from './capacity-model.js'
import { startOurs, type Target } from './targets.js'
import { hitRate, revocationDelays, seeded, type Use, zipf } from './token-cache.js'

/** Small enough to fill the memory of two nodes in some seconds. */
const SMALL: Use = { tokens: 10_000, exponent: 1, remembered: 1000, nodes: 2, routing: 'any node' }

/** Requests that each node gets, and revocations. */
const REQUESTS = 12_000
const REVOCATIONS = 40

/** Requests at the same time, of each node. */
const CONNECTIONS = 16

const agent = new Agent({ keepAlive: true, timeout: 1000 })

/** The model beside two nodes that run: what it says, and what they do. */
export async function checkModel(database: Database): Promise<Check> {
  const environment = { LATCHKEY_REMEMBERED_TOKENS: String(SMALL.remembered) }
  const nodes = await Promise.all([1, 2].map(() => startOurs('node', database, { environment })))
  try {
    const found = await hitsOf(nodes, SMALL)
    const delays = await delaysOf(nodes)
    return {
      hits: { model: hitRate(SMALL, REQUESTS), nodes: found },
      delay: { model: mean(revocationDelays(1, 1)), nodes: mean(delays), most: Math.max(...delays) },
    }
  } finally {
    for (const node of nodes) await node.stop()
  }
}

/** Of the second half of the requests, as the model counts. */
async function hitsOf(nodes: Target[], { tokens, exponent }: Use): Promise<number> {
  const draw = zipf(tokens, exponent, seeded(9))
  const half = async () => {
    const ask = async (node: Target) => {
      for (let count = 0; count < REQUESTS / 2 / CONNECTIONS; count++)
        await send(node, 'GET', '/api/checks/employees:read', node.values[draw() - 1]!)
    }
    await Promise.all(nodes.flatMap((node) => Array.from({ length: CONNECTIONS }, () => ask(node))))
  }
  await half()
  const before = await Promise.all(nodes.map(lookUps))
  await half()
  const after = await Promise.all(nodes.map(lookUps))
  const counted = (result: 'hits' | 'misses') =>
    after.reduce((sum, counts, index) => sum + counts[result] - before[index]![result], 0)
  return counted('hits') / (counted('hits') + counted('misses'))
}

/** Milliseconds from the response to a revocation by one node until the other one refuses the token. */
async function delaysOf([first, second]: Target[]): Promise<number[]> {
  const delays: number[] = []
  for (let round = 0; round < REVOCATIONS; round++) {
    const body = { name: 'capacity', scopes: ['employees:read'] }
    const { id, token } = JSON.parse((await send(first!, 'POST', '/api/tokens', first!.token, body)).text)
    const ask = () => send(second!, 'GET', '/api/checks/employees:read', token)
    // Twice, so that it is remembered.
    for (let use = 0; use < 2; use++) await ask()
    await send(first!, 'DELETE', `/api/tokens/${id}`, first!.token)
    const started = performance.now()
    while ((await ask()).status === 200);
    delays.push(performance.now() - started)
  }
  return delays
}

async function lookUps(node: Target) {
  const { text } = await send(node, 'GET', '/metrics', node.token)
  const count = (result: string) =>
    Number(new RegExp(`^latchkey_principal_cache_lookups_total{result="${result}"} (\\d+)$`, 'm').exec(text)![1])
  return { hits: count('hits'), misses: count('misses') }
}

async function send({ url }: Target, method: string, path: string, token: string, json?: object) {
  const headers = { authorization: `Token ${token}`, ...(json && { 'content-type': 'application/json' }) }
  const sent = request(url + path, { method, agent, headers }).end(json && JSON.stringify(json))
  const [response] = await once(sent, 'response')
  return { status: response.statusCode as number, text: (await response.toArray()).join('') }
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}
