import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// What whoever adds resources of their own does, in a copy of this project: the command, then everything that a change is asked for.

/** The command lines, in their order; each resource with its key. */
const ADDED: Record<string, string> = {
  departments:
    'name:text:1-50:unique budget:decimal:10,2 opened:date:null active:boolean:default=true parent:departments:null state:enum:open,closed',
  countries: 'name:text:1-60 --key code:text:1-20',
  tickets:
    'title:text:1-80:indexed size:integer:1-10:indexed price:decimal:10,5:null seen:time:null due:time opened:date:default=2027-01-01 country:countries:null:cascade grade:enum:a,b:default=a note:text:0-200:null --key id:uuid --owned',
  readings:
    'amount:decimal:15,0:unique taken_at:time:unique employee:employees:null day:date:indexed ratio:decimal:3,3:default=0.5 label:text:0-5:default=ab --key n:integer',
  invoice_lines:
    'unit_price:decimal:10,2 department:departments amount:integer:null is_free:boolean:null parent:invoice_lines:null:cascade',
}

const LEFT_OUT = ['node_modules', 'build', 'build.aside', '.git', 'data', '.env']

const room = mkdtempSync(join(tmpdir(), 'latchkey-own-'))
const outcomes: boolean[] = []

try {
  for (const name of readdirSync('.').filter((name) => !LEFT_OUT.includes(name)))
    cpSync(name, join(room, name), { recursive: true })
  symlinkSync(resolve('node_modules'), join(room, 'node_modules'))
  step('a build that fails takes everything back', takenBack)
  for (const [name, rest] of Object.entries(ADDED))
    step(`npm run resource -- add ${name} ${rest}`, () => add(name, rest))
  step('the document and the Postman collection have their operations', documented)
  step('what was written is as the linter wants it', () => run('node_modules/.bin/biome', ['ci', 'src', 'test']))
  step('every test passes', () => run(process.execPath, ['build/test/run.js']))
} finally {
  rmSync(room, { recursive: true, force: true })
}
const failed = outcomes.filter((isDone) => !isDone).length
console.log(`${outcomes.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

/** @param work throws, or gives what is wrong */
function step(name: string, work: () => string | undefined) {
  const started = performance.now()
  const complaint = work()
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
  const { status, stderr } = spawned('npm', [
    'run',
    '--silent',
    'resource',
    '--',
    'add',
    'departments',
    'name:text:1-50',
  ])
  const after = contents()
  rmSync(wrong)
  if (status !== 1 || !/^resource: nothing was added, because the build failed: .*TS2322/m.test(stderr))
    return `exit ${status}: ${stderr}`
  return before === after ? undefined : 'something is left'
}

function contents(): string {
  const files = ['src', 'test', 'spec'].flatMap((folder) =>
    readdirSync(join(room, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  return files.map((file) => `${file}\n${readFileSync(file, 'latin1')}`).join('\n')
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

function run(command: string, options: string[]): string | undefined {
  const { status, stdout, stderr } = spawned(command, options)
  return status === 0
    ? undefined
    : `exit ${status}\n${`${stdout}\n${stderr}`.trim().split('\n').slice(-400).join('\n')}`
}

function spawned(command: string, options: string[]): SpawnSyncReturns<string> {
  return spawnSync(command, options, { cwd: room, encoding: 'utf8', maxBuffer: 2 ** 28 })
}
