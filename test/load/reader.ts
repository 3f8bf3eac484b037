import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

// A thread of its own: what is measured must not wait for the client that makes the load. It reads one employee, one request after
// the other, until it is told to stop, and then says how many milliseconds each took.

const { url, token, pause } = workerData as { url: string; token: string; pause: number }

const agent = new Agent({ keepAlive: true, timeout: 1000 })
const times: number[] = []
let reading = true
parentPort!.once('message', () => {
  reading = false
})
for (; reading; await wait(pause)) {
  const started = performance.now()
  const [response] = await once(get(url, { agent, headers: { authorization: `Token ${token}` } }), 'response')
  await once(response.resume(), 'end')
  if (response.statusCode !== 200) throw new Error(`a read was ${response.statusCode}`)
  times.push(performance.now() - started)
}
agent.destroy()
parentPort!.postMessage(times)
