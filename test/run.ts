import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sparticuz from '@sparticuz/chromium'
import { VARIABLES } from '../src/platform/config.js'
import { PostgresServer } from './postgres.js'

// A suite on a SQLite file, and beside it on a real PostgreSQL; models belong to one database, so each has a process.
// With --faults it is the one of outages, floods and races; what else is given goes to mocha.

const room = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
const postgres = await PostgresServer.create()
const databases = {
  SQLite: `sqlite:${join(room, 'test.sqlite3')}`,
  PostgreSQL: await postgres.createDatabase('test'),
}
const isFaults = process.argv[2] === '--faults'
const kind = isFaults ? 'faults' : 'test'
const options = process.argv.slice(isFaults ? 3 : 2)
const only = process.env.TEST_DATABASE
const total = { passing: 0, failing: 0, pending: 0 }
const browser = process.env.CHROMIUM_PATH || (isFaults ? '' : await unpackedBrowser())
let broken = false

try {
  let shown: Promise<unknown> = Promise.resolve()
  for (const [name, url] of Object.entries(databases)) {
    if (only && only !== name) continue
    shown = run(name, url, shown)
    // Faults are measured, so nothing runs beside them.
    if (isFaults) await shown
  }
  await shown
} finally {
  await postgres.remove()
  await rm(room, { recursive: true, force: true })
}

if (total.pending > 0) console.log('A skipped test counts as failed.')
const failed = total.failing + total.pending
console.log(`${total.passing} passed, ${failed} failed`)
process.exitCode = broken || failed > 0 || total.passing === 0 ? 1 : 0

/** @param shown when the output of the runs before is, and this one's may be */
async function run(name: string, url: string, shown: Promise<unknown>) {
  const { code, output } = await mocha(
    url,
    shown.then(() => console.log(`\n=== ${name} ===\n`)),
  )
  await shown
  for (const outcome of ['passing', 'failing', 'pending'] as const)
    total[outcome] += Number(new RegExp(`^ *(\\d+) ${outcome}`, 'm').exec(output)?.[1] ?? 0)
  broken ||= code !== 0
}

/** Into a place of its own, so that one which an earlier version has unpacked is not taken for it. */
async function unpackedBrowser(): Promise<string> {
  process.env.TMPDIR = room
  return sparticuz.executablePath()
}

async function mocha(url: string, shown: Promise<unknown>) {
  // A developer's own .env must not change what the tests see, so each variable is set here.
  const blank = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '']))
  const files = `build/test/**/*.${kind}.js`
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', 'node_modules/mocha/bin/mocha.js', files, ...options],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...blank,
        DATABASE_URL: url,
        LATCHKEY_SECRET_KEY: randomBytes(32).toString('base64'),
        LATCHKEY_ALLOWED_HOSTS: 'api.example.com',
        LATCHKEY_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
        FORCE_COLOR: '0',
        CHROMIUM_PATH: browser,
      },
    },
  )
  let output = ''
  let show = (_text: string) => {}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    show(text)
  })
  void shown.then(() => {
    show = (text) => void process.stdout.write(text)
    show(output)
  })
  const [code] = await once(child, 'close')
  return { code, output }
}
