import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import bcrypt from 'bcrypt'
import { HASHES } from '../../src/platform/shares.js'
import { freshDatabase } from '../databases.js'
import { FIRST, ServerProcess } from '../process.js'

// Prints how long it takes until everybody is in who signs in at nine o'clock, and what it does to reads. It asserts nothing: times
// belong to the machine that they were measured on, so they are told as a multiple of what the hashes alone demand.
// `node build/test/load/nine-o-clock.js 0,4` runs some of them.

const PEOPLE = Number(process.env.LOAD_PEOPLE ?? 1000)
const PASSWORD = 'coffee-4-two'

/** Milliseconds between two reads. */
const READ_EVERY = 20

const OFFICE = '203.0.113.7'

interface Morning {
  title: string
  cost: number
  /** Seconds within which all of them come. */
  within: number
  /** The share that comes from one address. */
  ofOffice?: number
  /** Whether they have signed in from there before. */
  areKnown?: boolean
}

const MORNINGS: Morning[] = [
  { title: 'within a minute', cost: 10, within: 60 },
  { title: 'in the same second', cost: 10, within: 1 },
  { title: 'in the same second, half of them from one office', cost: 10, within: 1, ofOffice: 0.5 },
  { title: 'in the same second, from where none has signed in before', cost: 10, within: 1, areKnown: false },
  { title: 'within a minute', cost: 12, within: 60 },
  { title: 'within a minute, half of them from one office', cost: 12, within: 60, ofOffice: 0.5 },
]

const chosen = process.argv[2]?.split(',').map(Number)
for (const [index, morning] of MORNINGS.entries()) if (!chosen || chosen.includes(index)) await live(morning)

async function live({ title, cost, within, ofOffice = 0, areKnown = true }: Morning) {
  const people = Array.from({ length: PEOPLE }, (_, index) => ({
    username: `person-${index}`,
    address: index % 2 < ofOffice * 2 ? OFFICE : `10.1.${index >> 8}.${index & 255}`,
  }))
  const before = people.map((person) => ({ ...person, ...(!areKnown && { address: '10.9.9.9' }) }))
  const database = await freshDatabase()
  const env = { ...database.env, LATCHKEY_PASSWORD_COST: String(cost) }
  await promisify(execFile)(process.execPath, ['build/test/load/people.js'], {
    env: { ...process.env, ...env, LOAD_PEOPLE: JSON.stringify(before), LOAD_PASSWORD: PASSWORD },
  })
  const server = await ServerProcess.start({ ...env, ...FIRST, LATCHKEY_TRUST_PROXY: '127.0.0.1' })
  let reader: Worker | undefined
  try {
    const token = await server.signIn()
    await server.fetch('/api/emp_viewset', { token, json: { empid: 1, empname: 'x', salary: 1 } })
    const alone = [await hashTime(cost)]
    const hashed = await hashesOf(server, token)
    const url = `${server.url}/api/emp_viewset/1`
    reader = new Worker(new URL('reader.js', import.meta.url), { workerData: { url, token, pause: READ_EVERY } })
    const started = performance.now()
    const outcomes = await Promise.all(
      people.map(async (person, index) => {
        await wait((within * 1000 * index) / PEOPLE)
        return signIn(server.url, person)
      }),
    )
    const seconds = (performance.now() - started) / 1000
    reader.postMessage('stop')
    const [reads] = (await once(reader, 'message')) as [number[]]
    const after = await hashesOf(server, token)
    alone.push(await hashTime(cost))
    tell(title, { cost, within, seconds, outcomes, reads, alone: (alone[0]! + alone[1]!) / 2 })
    const [count, time] = [after.count - hashed.count, after.seconds - hashed.seconds]
    const each = ((time / count) * 1000).toFixed(1)
    console.log(`  beside all this a hash took ${each} ms: ${times(seconds, Math.max(within, time / HASHES))}`)
  } finally {
    await reader?.terminate()
    await server.stop()
    await database.remove()
  }
}

interface Outcome {
  refusals: number
  /** Seconds that it was told to wait, at the most. */
  longestWait: number
  /** Seconds that the longest of its requests took. */
  longestRequest: number
}

function tell(
  title: string,
  given: Pick<Morning, 'cost' | 'within'> & { seconds: number; outcomes: Outcome[]; reads: number[]; alone: number },
) {
  const { cost, within, seconds, outcomes, reads, alone } = given
  const hashes = (alone * PEOPLE) / HASHES
  const most = (figure: keyof Outcome) => Math.max(...outcomes.map((outcome) => outcome[figure]))
  console.log(`\n${PEOPLE} people ${title}, at cost ${cost}`)
  console.log(
    `  all are in after ${seconds.toFixed(1)} s; ${HASHES} hashes at once, ${(alone * 1000).toFixed(1)} ms each, demand ${hashes.toFixed(1)} s${hashes < within ? ` (they come within ${within} s)` : ''}: ${times(seconds, Math.max(within, hashes))} (at most 1.2)`,
  )
  const refused = Array.from({ length: most('refusals') + 1 }, (_, count) => {
    const { length } = outcomes.filter(({ refusals }) => refusals === count)
    return `${length} ${count === 0 ? 'never' : `${count} times`}`
  })
  console.log(
    `  refused: ${refused.join(', ')} (at most 3 times); told to wait ${most('longestWait')} s at most; the longest request took ${most('longestRequest').toFixed(1)} s`,
  )
  const sorted = [...reads].sort((a, b) => a - b)
  const quantile = (share: number) => sorted[Math.floor(sorted.length * share)]!.toFixed(1)
  console.log(
    `  ${sorted.length} reads beside it: p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms (at most 100), max ${sorted.at(-1)!.toFixed(1)} ms`,
  )
}

function times(seconds: number, demanded: number) {
  return `${(seconds / demanded).toFixed(2)} times as long`
}

/** Comes back when told to, until it is in. */
async function signIn(url: string, { username, address }: { username: string; address: string }): Promise<Outcome> {
  const outcome = { refusals: 0, longestWait: 0, longestRequest: 0 }
  const agent = new Agent({ keepAlive: false })
  for (;;) {
    const started = performance.now()
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address }
    const sent = request(`${url}/gettoken/`, { method: 'POST', agent, headers })
    sent.end(JSON.stringify({ username, password: PASSWORD }))
    const [response] = await once(sent, 'response')
    await once(response.resume(), 'end')
    outcome.longestRequest = Math.max(outcome.longestRequest, (performance.now() - started) / 1000)
    if (response.statusCode === 200) return outcome
    if (response.statusCode !== 503) throw new Error(`a sign-in of ${username} was ${response.statusCode}`)
    outcome.refusals++
    const seconds = Number(response.headers['retry-after'])
    outcome.longestWait = Math.max(outcome.longestWait, seconds)
    await wait(seconds * 1000)
  }
}

/** @returns seconds that a hash takes where as many run at once as the service lets, and nothing else */
async function hashTime(cost: number): Promise<number> {
  const each = 2 ** (16 - cost)
  const started = performance.now()
  const lane = async () => {
    for (let count = 0; count < each; count++) await bcrypt.hash(PASSWORD, cost)
  }
  await Promise.all(Array.from({ length: HASHES }, lane))
  return (performance.now() - started) / 1000 / each
}

async function hashesOf(server: ServerProcess, token: string) {
  const text = await (await server.fetch('/metrics', { token })).text()
  const sample = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)![1])
  return {
    count: sample('latchkey_password_hashes_total'),
    seconds: sample('latchkey_password_hash_seconds_total'),
  }
}
