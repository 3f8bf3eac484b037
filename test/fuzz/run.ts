import { freshDatabase } from '../databases.js'
import { ServerProcess } from '../process.js'
import { fuzz, type Report } from './fuzz.js'

// `npm run fuzz -- <seed> <requests>`: many requests to a server of its own, on SQLite, or on the PostgreSQL of DATABASE_URL.

const seed = Number(process.argv[2] ?? Date.now() % 2 ** 31)
const count = Number(process.argv[3] ?? 10_000)

/** It ends by itself, whatever the server does. */
const SECONDS = 540

console.log(`seed ${seed}, ${count} requests`)
const database = await freshDatabase()
const env = { ...database.env, LATCHKEY_TRUST_PROXY: '127.0.0.1' }
const server = await ServerProcess.start(env)
try {
  const report = await fuzz({ server, env, seed, count, seconds: SECONDS })
  print(report)
  process.exitCode = report.failures.length > 0 || report.requests < count ? 1 : 0
} finally {
  await server.stop()
  await database.remove()
}

function print({ requests, seconds, valid, statuses, operations, owners, failures }: Report) {
  for (const failure of failures) console.log(`\n${failure}`)
  const succeeded = Object.values(operations).reduce((sum, counted) => sum + counted.succeeded, 0)
  const share = (part: number) => `${((100 * part) / requests).toFixed(1)} %`
  console.table(operations)
  console.log(`statuses: ${JSON.stringify(statuses)}`)
  console.log(
    `${requests} requests in ${seconds.toFixed(0)} s: ${share(valid)} valid, ${share(succeeded)} answered with 2xx`,
  )
  console.log(`${owners} superusers of the fuzzer's own, one after the other`)
  console.log(`${failures.length} failures; \`npm run fuzz -- ${seed} ${count}\` repeats them`)
}
