import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { closeBrowser } from '../admin/browser.js'
import { blockOf } from '../blocks.js'
import { freshDatabase } from '../databases.js'
import { expectWithin, ServerProcess } from '../process.js'
import { fromDjango } from './from-django.js'
import { changedLater } from './later.js'
import { byPicker, inCollection, inPython, inSwagger } from './seen.js'

// What whoever adds resources of their own does, in a copy of this project: the command, then everything that a change is asked for.

/** The command lines, in their order; each resource with its key. */
const ADDED: Record<string, string> = {
  departments: /add departments (.*)$/m.exec(blockOf('docs/your-own-resource.md', 'npm ci'))![1]!,
  countries:
    'name:text:1-60 amount:decimal:15,0:unique ratio:decimal:3,3:default=0.5 label:text:0-5:default=ab --key code:text:1-20',
  tickets:
    'title:text:1-80:indexed size:integer:1-10:indexed price:decimal:10,5:null seen:time:null due:time:unique opened:date:default=2027-01-01 country:countries:null:cascade grade:enum:a,b:default=a note:text:0-200:null employee:employees:null --key id:uuid --owned',
  invoice_lines:
    'unit_price:decimal:10,2 department:departments ticket:tickets day:date:indexed amount:integer:null is_free:boolean:null parent:invoice_lines:null:cascade --key n:integer',
}

const LEFT_OUT = ['node_modules', 'build', 'build.aside', '.git', 'data', '.env']

const room = mkdtempSync(join(tmpdir(), 'latchkey-own-'))
const outcomes: boolean[] = []

try {
  for (const name of readdirSync('.').filter((name) => !LEFT_OUT.includes(name)))
    cpSync(name, join(room, name), { recursive: true })
  symlinkSync(resolve('node_modules'), join(room, 'node_modules'))
  await step('a build that fails takes everything back', takenBack)
  for (const [name, rest] of Object.entries(ADDED))
    await step(`npm run resource -- add ${name} ${rest}`, () => add(name, rest))
  await step('Ctrl-C during the build takes everything back', interrupted)
  await step('the first is 215 lines of code at most', short)
  await step('the document and the Postman collection have their operations', documented)
  await step('what was written is as the linter wants it', () => run('npm', ['run', '--silent', 'lint']))
  await served()
  await step('every test without a browser passes, on PostgreSQL those that see the resources', tested)
  await step('a change as docs/your-own-resource.md has it', () =>
    changedLater(room, () => run('npm', ['run', '--silent', 'build'])),
  )
} finally {
  rmSync(room, { recursive: true, force: true })
}
const failed = outcomes.filter((isDone) => !isDone).length
console.log(`${outcomes.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

/** @param work throws, or gives what is wrong */
async function step(name: string, work: () => Promise<string | undefined> | string | undefined) {
  const started = performance.now()
  const complaint = await Promise.resolve()
    .then(work)
    .catch((error) => String(error?.stack ?? error))
  outcomes.push(complaint === undefined)
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  console.log(`${name}: ${complaint === undefined ? `ok, ${seconds} s` : `failed: ${complaint}`}`)
}

function add(name: string, rest: string) {
  return run('npm', ['run', '--silent', 'resource', '--', 'add', name, ...rest.split(' ')])
}

function takenBack(): string | undefined {
  const wrong = join(room, 'src/process/wrong.ts')
  writeFileSync(wrong, "export const wrong: number = 'text'\n")
  const before = contents()
  const { status, stderr } = spawned('npm', 'run --silent resource -- add departments name:text:1-50'.split(' '))
  const after = contents()
  rmSync(wrong)
  if (status !== 1 || !/^resource: nothing was added, because the build failed: .*TS2322/m.test(stderr))
    return `exit ${status}: ${stderr}`
  return before === after ? undefined : 'something is left'
}

/** A terminal sends it to every process of the command. */
async function interrupted(): Promise<string | undefined> {
  const before = contents()
  const options = 'run --silent resource -- add lanterns name:text:1-50'.split(' ')
  const child = spawn('npm', options, { cwd: room, detached: true, stdio: 'ignore' })
  const closed = once(child, 'close')
  const isBuilding = () => existsSync(join(room, 'src/resources/lanterns')) && existsSync(join(room, 'build.aside'))
  await expectWithin(60_000, async () => isBuilding())
  process.kill(-child.pid!, 'SIGINT')
  const [code] = await closed
  if (code === 0) return 'it says that it was added'
  // npm may end before what it runs.
  await expectWithin(30_000, async () => !isBuilding() && existsSync(join(room, 'build/src/server.js')))
  if (existsSync(join(room, 'build.aside'))) return 'the build that was there is still aside'
  return before === contents() ? undefined : 'something is left'
}

function contents(): string {
  const files = ['src', 'test', 'spec'].flatMap((folder) =>
    readdirSync(join(room, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  return files.map((file) => `${file}\n${readFileSync(file, 'latin1')}`).join('\n')
}

function short(): string | undefined {
  const files = [
    'src/resources/departments/department.ts',
    'src/resources/departments/departments.controller.ts',
    ...readdirSync(join(room, 'src/platform/database/migrations'))
      .filter((name) => name.endsWith('-departments.ts'))
      .map((name) => `src/platform/database/migrations/${name}`),
  ]
  const lines = files.map((file) => readFileSync(join(room, file), 'utf8').trimEnd().split('\n').length)
  const sum = lines.reduce((one, other) => one + other, 0)
  return files.length === 3 && sum <= 215 ? undefined : `${files.length} files of ${sum} lines`
}

function documented(): string | undefined {
  const document = JSON.parse(readFileSync(join(room, 'spec/openapi.json'), 'utf8'))
  const collection = readFileSync(join(room, 'spec/postman_collection.json'), 'utf8')
  const lacking = Object.keys(ADDED).filter(
    (name) =>
      !document.paths[`/api/${name}`]?.post ||
      !document.paths[`/api/${name}/bulk`] ||
      !collection.includes(`/api/${name}`),
  )
  return lacking.length > 0 ? lacking.join(', ') : undefined
}

function asWritten({ url }: ServerProcess, env: Record<string, string>) {
  const npx = `npx() { shift; '${process.execPath}' build/src/cli.js "$@"; }\ncurl() { command curl --silent --fail "$@"; }`
  const lines = blockOf('docs/your-own-resource.md', 'TOKEN=').replaceAll('http://localhost:8000', url)
  const { status, stdout, stderr } = spawnSync('bash', ['-ec', `${npx}\n${lines}`], {
    cwd: room,
    encoding: 'utf8',
    env: { ...process.env, LATCHKEY_SECRET_KEY: '', ...env },
  })
  return status === 0 && stdout === '[][]' ? undefined : `exit ${status}: ${stdout}${stderr}`
}

/** The copy's server, as its users see it. */
async function served() {
  await step('rows of Django that refer to each other come into it', () => fromDjango(room))
  const database = await freshDatabase()
  const [, username, password] =
    /^LATCHKEY_SUPERUSER_USERNAME=(\S+) LATCHKEY_SUPERUSER_PASSWORD=(\S+) npm start$/m.exec(
      blockOf('docs/your-own-resource.md', 'LATCHKEY_SUPERUSER_USERNAME='),
    )!
  const first = { LATCHKEY_SUPERUSER_USERNAME: username!, LATCHKEY_SUPERUSER_PASSWORD: password! }
  const server = await ServerProcess.start({ ...database.env, ...first }, room)
  const seen = { server, room }
  try {
    await step('the lines of docs/your-own-resource.md read departments', () => asWritten(server, database.env))
    await step('the collection’s folders of them pass, and again', () => inCollection(seen, Object.keys(ADDED)))
    await step('Swagger UI creates and lists a row', () => inSwagger(seen))
    await step('a generated Python client creates and lists a row', () => inPython(seen))
    await step('the admin site has a picker for a row’s parent', () => byPicker(seen))
  } finally {
    await closeBrowser()
    await server.stop()
    await database.remove()
  }
}

/** Two at a time, as all tests are run; what a browser shows of the resources was seen before. */
async function tested(): Promise<string | undefined> {
  const seeing = [...Object.keys(ADDED), 'the matrix', 'the fuzzer', 'the migrations', 'the constraints']
  const complaints = await Promise.all([
    testedOn('SQLite'),
    testedOn('once').then(async (complaint) => complaint ?? testedOn('PostgreSQL', ['-g', seeing.join('|')])),
  ])
  return complaints.find((complaint) => complaint !== undefined)
}

async function testedOn(suite: string, options: string[] = []): Promise<string | undefined> {
  const child = spawn(process.execPath, ['build/test/run.js', '--api', ...options], {
    cwd: room,
    env: { ...process.env, TEST_DATABASE: suite },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  const [code] = await once(child, 'close')
  return code === 0 ? undefined : `exit ${code}\n${text.trim().split('\n').slice(-400).join('\n')}`
}

function run(command: string, options: string[]): string | undefined {
  const { status, stdout, stderr } = spawned(command, options)
  return status === 0
    ? undefined
    : `exit ${status}\n${`${stdout}\n${stderr}`.trim().split('\n').slice(-400).join('\n')}`
}

function spawned(command: string, options: string[]): SpawnSyncReturns<string> {
  return spawnSync(command, options, { cwd: room, encoding: 'utf8', maxBuffer: 2 ** 28 })
}
