import { spawn } from 'node:child_process'
import { Agent } from 'node:http'
import { expectWithin } from '../process.js'
import { asked } from './clients.js'
import { Gate, NGINX, OPEN_NGINX } from './gates.js'
import { EchoService } from './service.js'

// A process of its own with a Latchkey whose log nobody reads, because the one that reads would share the processor. It is told a
// token and a room, has Latchkey's settings in its environment, and writes the milliseconds of a request through nginx without a
// check and with one.

const ROUNDS = 12
const REQUESTS = 500

const [value, room] = process.argv.slice(2)
const { PORT } = process.env
const latchkey = spawn(process.execPath, ['build/src/server.js'], { stdio: 'ignore' })
await expectWithin(20_000, () =>
  fetch(`http://127.0.0.1:${PORT}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  ),
)
const service = await EchoService.start()
service.remembers = false
const place = { latchkey: [Number(PORT)] as [number], service: service.port, room: room! }
const gates = [await Gate.start(OPEN_NGINX, place), await Gate.start(NGINX, place)]
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
try {
  const headers = { authorization: `Token ${value}` }
  const figures: number[][] = [[], []]
  // In turns, because the machine does other things too; the first one warms up.
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, { port }] of gates.entries()) {
      const started = performance.now()
      for (let number = 0; number < REQUESTS; number++) {
        const { status } = await asked(port, agent, headers)
        if (status !== 200) throw new Error(`${status} where 200 is expected`)
      }
      if (round > 0) figures[index]!.push((performance.now() - started) / REQUESTS)
    }
  console.log(JSON.stringify(figures.map(median)))
} finally {
  agent.destroy()
  await Promise.all(gates.map((gate) => gate.stop()))
  service.close()
  latchkey.kill()
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!
}
