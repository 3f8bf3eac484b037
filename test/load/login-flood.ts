import { setTimeout as wait } from 'node:timers/promises'
import { freshDatabase } from '../databases.js'
import { ServerProcess } from '../process.js'

// Prints how a flood of wrong logins treats reads, and whether a login's time tells who exists. It asserts nothing:
// times belong to the machine that they were measured on.

const SECONDS = Number(process.env.FLOOD_SECONDS ?? 20)
const LOGINS = 50

const database = await freshDatabase()
const server = await ServerProcess.start({
  ...database.env,
  LATCHKEY_LOG_LEVEL: 'info',
  LATCHKEY_SUPERUSER_USERNAME: 'Srinivas',
  LATCHKEY_SUPERUSER_PASSWORD: 'admin123',
})
try {
  const token = ((await (await login('Srinivas', 'admin123')).json()) as { token: string }).token
  await server.fetch('/api/emp_viewset', { token, json: { empid: 1, empname: 'x', salary: 1 } })
  await compareLogins()
  console.log(`reads while idle:                       ${await reads(token, 3)}`)
  let flooding = true
  const statuses: Record<number, number> = {}
  const flood = Array.from({ length: LOGINS }, async (_, index) => {
    while (flooding) {
      const { status } = await login(`nobody${index}`, 'wrong')
      statuses[status] = (statuses[status] ?? 0) + 1
      if (status === 503) await wait(100)
    }
  })
  console.log(`reads during ${LOGINS} wrong logins at once:   ${await reads(token, SECONDS)}`)
  flooding = false
  await Promise.all(flood)
  console.log(`the wrong logins were answered:         ${JSON.stringify(statuses)}`)
} finally {
  await server.stop()
  await database.remove()
}

async function compareLogins() {
  const times: Record<string, number[]> = { Srinivas: [], nobody: [] }
  for (let round = 0; round < 40; round++)
    for (const username of Object.keys(times)) {
      const started = performance.now()
      await (await login(username, 'wrong')).text()
      times[username]!.push(performance.now() - started)
    }
  const [known, unknown] = Object.values(times).map((list) => quantile(list, 0.5)) as [number, number]
  console.log(`median wrong login, known and unknown:  ${known.toFixed(1)} ms and ${unknown.toFixed(1)} ms`)
}

async function reads(token: string, seconds: number) {
  const times: number[] = []
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await wait(5)) {
    const started = performance.now()
    await (await server.fetch('/api/emp_viewset/1', { token })).text()
    times.push(performance.now() - started)
  }
  return `${times.length} reads, p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms, max ${Math.max(...times).toFixed(1)} ms`
}

function quantile(list: number[], share: number) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length * share)]!
}

function login(username: string, password: string) {
  return server.fetch('/gettoken/', { json: { username, password } })
}
