import { execFile, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { promisify } from 'node:util'
import sparticuz from '@sparticuz/chromium'
import { VARIABLES } from '../src/platform/variables.js'
import { CHEAP_HASHES, LOAD_HASHES } from './hashes.js'
import { PostgresServer } from './postgres.js'

// Tests run on a SQLite file and on a real PostgreSQL; models belong to one database, so each has a process, and two run at a
// time. With --faults it is the suite of outages, floods and races, with --large that of tables of a million rows, with
// --surroundings that of other people's poolers and disks, with --proxies that of proxies and services that ask for a check, with --walks that of people's ways through the sites, with --api
// the tests without those that drive a browser; what else is given goes to mocha.

/** Files that see no database, or see it through the API alone, which the others hold to be the same on both. */
const ONCE = [
  'sdk/*',
  'adding-a-resource',
  'architecture',
  'bodies',
  'build',
  'config',
  'cors',
  'database-url',
  'document',
  'examples',
  'head',
  'logged-path',
  'pages',
  'postman',
  'readme',
  'released',
  'request-id',
  'request-log',
  'rush',
  'same-origin',
  'secret-files',
  'serve',
  'served-document',
  'snippets',
  'sub-path',
]

/** The same, of those that drive a browser. */
const IN_A_BROWSER = ['admin/*', 'docs']

type Dialect = 'SQLite' | 'PostgreSQL'

interface Suite {
  title: string
  dialect: Dialect
  url: string
  files: readonly string[]
  without?: readonly string[]
  hashes?: 'cheap'
}

/** A developer's own .env must not change what the tests see, so each variable is set. */
const BLANK = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '']))

const room = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
// A PostgreSQL that a suite starts below it is another user's where root runs the tests.
await chmod(room, 0o711)
const postgres = await PostgresServer.create()
/** Suites of their own. */
const ALONE: Record<string, () => Promise<Suite[]>> = {
  '--faults': () => onBoth('*.faults'),
  '--large': () => onBoth('*.large'),
  '--surroundings': surroundings,
  '--proxies': proxies,
  '--walks': walks,
  '--api': api,
}
/** Nothing runs beside one that measures. */
const MEASURED = ['--faults', '--large', '--surroundings', '--proxies']
const given = process.argv[2] ?? ''
const alone = ALONE[given]
const options = process.argv.slice(alone ? 3 : 2)
const browser = process.env.CHROMIUM_PATH || (await unpackedBrowser())
const total = { passing: 0, failing: 0, pending: 0 }
/** Said again at the end: of a long log people often keep that alone. */
const failures: string[] = []
let broken = false

try {
  const templates = { SQLite: await newDatabase('SQLite'), PostgreSQL: await newDatabase('PostgreSQL') }
  await Promise.all(Object.values(templates).map(migrate))
  const suites = (await (alone ?? tests)()).filter(({ title }) => title.includes(process.env.TEST_DATABASE ?? ''))
  const left = suites.map((suite) => ({ ...suite, output: new PassThrough({ highWaterMark: 2 ** 30 }) }))
  const shown = show([...left])
  const runOneAfterAnother = async () => {
    for (let next = left.shift(); next; next = left.shift()) await run(next, templates[next.dialect], next.output)
  }
  const isMeasured = MEASURED.includes(given)
  await Promise.all([shown, runOneAfterAnother(), isMeasured || runOneAfterAnother()])
} finally {
  await postgres.remove()
  await rm(room, { recursive: true, force: true })
}

if (total.pending > 0) console.log('A skipped test counts as failed.')
for (const text of failures) console.log(text)
const failed = total.failing + total.pending
console.log(`${total.passing} passed, ${failed} failed`)
process.exitCode = broken || failed > 0 || total.passing === 0 ? 1 : 0

async function tests(): Promise<Suite[]> {
  return [
    ...(await api()),
    { title: 'once, in a browser', ...(await on('SQLite')), files: IN_A_BROWSER, hashes: 'cheap' },
  ]
}

/** Those that take longest come first. */
async function api(): Promise<Suite[]> {
  const hashes = 'cheap'
  const twice = { files: ['*.test'], without: [...ONCE, ...IN_A_BROWSER], hashes } as const
  return [
    { title: 'PostgreSQL', ...(await on('PostgreSQL')), ...twice },
    { title: 'SQLite', ...(await on('SQLite')), ...twice },
    { title: 'once', ...(await on('SQLite')), files: ONCE, hashes },
  ]
}

async function onBoth(files: string): Promise<Suite[]> {
  return [
    { title: 'SQLite', ...(await on('SQLite')), files: [files] },
    { title: 'PostgreSQL', ...(await on('PostgreSQL')), files: [files] },
  ]
}

/** Each brings the database that it is about. */
async function surroundings(): Promise<Suite[]> {
  return [{ title: 'surroundings', ...(await on('SQLite')), files: ['*.surroundings'] }]
}

async function proxies(): Promise<Suite[]> {
  return [{ title: 'proxies', ...(await on('SQLite')), files: ['*.proxies'] }]
}

/** What the pages show is asked of the API, which is the same on both databases. Those that take longest come first. */
async function walks(): Promise<Suite[]> {
  const suites = ['R to S', 'A to G', 'T to Z', 'H to Q'].map(async (letters) => ({
    title: `walks, ${letters}`,
    ...(await on('SQLite')),
    files: [`[${letters.toLowerCase().replace(' to ', '-')}]*.walk`],
    hashes: 'cheap' as const,
  }))
  return Promise.all(suites)
}

async function on(dialect: Dialect) {
  return { dialect, url: await newDatabase(dialect) }
}

/** @returns the URL of one that is not there yet, or that is empty */
async function newDatabase(dialect: Dialect): Promise<string> {
  const name = `test_${randomUUID().slice(0, 8)}`
  return dialect === 'SQLite' ? `sqlite:${join(room, `${name}.sqlite3`)}` : postgres.createDatabase(name)
}

async function migrate(url: string) {
  const env = { ...process.env, ...BLANK, DATABASE_URL: url }
  await promisify(execFile)(process.execPath, ['build/src/cli.js', 'migrate'], { env })
}

/** The output of each suite, one after the other. */
async function show(suites: { title: string; output: PassThrough }[]) {
  for (const { title, output } of suites) {
    console.log(`\n=== ${title} ===\n`)
    for await (const text of output) process.stdout.write(text)
  }
}

async function run({ title, url, files, without = [], hashes }: Suite, template: string, output: PassThrough) {
  const child = spawn(
    process.execPath,
    [
      '--enable-source-maps',
      // Of newman, which asks for `fs.F_OK`; Node.js 24 says so.
      '--disable-warning=DEP0176',
      ...(hashes === 'cheap' ? LOAD_HASHES : []),
      'node_modules/mocha/bin/mocha.js',
      ...files.map(compiled),
      ...without.flatMap((name) => ['--ignore', compiled(name)]),
      ...options,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...BLANK,
        DATABASE_URL: url,
        TEST_TEMPLATE: template,
        LATCHKEY_SECRET_KEY: randomBytes(32).toString('base64'),
        LATCHKEY_ALLOWED_HOSTS: 'api.example.com',
        LATCHKEY_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
        FORCE_COLOR: '0',
        CHROMIUM_PATH: browser,
        ...(hashes === 'cheap' && CHEAP_HASHES),
      },
    },
  )
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
    output.write(part)
  })
  const [code] = await once(child, 'close')
  output.end()
  for (const outcome of ['passing', 'failing', 'pending'] as const)
    total[outcome] += Number(new RegExp(`^ *(\\d+) ${outcome}`, 'm').exec(text)?.[1] ?? 0)
  const failing = text.search(/^ *\d+ failing/m)
  if (failing >= 0) failures.push(`=== ${title}, what failed ===\n${text.slice(failing)}`)
  broken ||= code !== 0
}

function compiled(name: string) {
  return `build/test/${name.includes('*.') ? `**/${name}` : `${name}.test`}.js`
}

/** Into a place of its own, so that one which an earlier version has unpacked is not taken for it. */
async function unpackedBrowser(): Promise<string> {
  process.env.TMPDIR = room
  return sparticuz.executablePath()
}
