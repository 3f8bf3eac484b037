import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { Load } from './measure.js'
import type { Target } from './targets.js'

// A thread of its own, so that what is measured is not the client, and by plain HTTP, because `fetch` costs as much as the change.

/**
 * Changes of rights of other tokens and other users while a load runs: one is revoked, one is rotated, one user is disabled or
 * enabled, in turn.
 * @returns once what is to be revoked is there
 */
export async function startChanges({ url, token }: Target, perSecond: number): Promise<NonNullable<Load['beside']>> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { url, token, perSecond } })
  await once(worker, 'message')
  worker.unref()
  return async (stop) => {
    const ready = once(worker, 'message')
    worker.postMessage('go')
    await Promise.race([once(stop, 'abort'), ready])
    worker.postMessage('stop')
    await ready
  }
}

interface Work {
  url: string
  token: string
  perSecond: number
}

if (!isMainThread) await change(workerData as Work)

async function change({ url, token, perSecond }: Work) {
  // The server closes what is idle for longer, which would meet a request now and then.
  const agent = new Agent({ keepAlive: true, timeout: 1000 })
  const headers = { 'content-type': 'application/json', authorization: `Token ${token}` }
  const send = async (method: string, path: string, body?: object) => {
    const sent = request(url + path, { method, agent, headers }).end(body && JSON.stringify(body))
    const [response] = await once(sent, 'response')
    const text = (await response.toArray()).join('')
    if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }
  const makeToken = async () => (await send('POST', '/api/tokens', { name: 'bench', scopes: ['employees:read'] })).id
  const rotated = await makeToken()
  const { id } = await send('POST', '/api/users', { username: `bench-${rotated}` })
  const due: number[] = []
  let isActive = true
  const changes = [
    async () => send('DELETE', `/api/tokens/${due.pop() ?? (await makeToken())}`),
    () => send('POST', `/api/tokens/${rotated}/rotate`, { overlap_seconds: 0 }),
    () => {
      isActive = !isActive
      return send('PATCH', `/api/users/${id}`, { is_active: isActive })
    },
  ]
  for (;;) {
    while (due.length < 4 * perSecond) due.push(await makeToken())
    parentPort!.postMessage('ready')
    await once(parentPort!, 'message')
    const started = performance.now()
    const end = once(parentPort!, 'message').then(() => 'end')
    const running: Promise<unknown>[] = []
    for (let count = 1; ; count++) {
      running.push(changes[count % changes.length]!())
      const rest = Math.max(0, started + (count * 1000) / perSecond - performance.now())
      if ((await Promise.race([end, wait(rest)])) === 'end') break
    }
    await Promise.all(running)
  }
}
