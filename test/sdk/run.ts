import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { freshDatabase } from '../databases.js'
import { ServerProcess } from '../process.js'
import { type Command, LANGUAGES, type Language } from './languages.js'

// Generates a client in each language, compiles it, and lets a small program use it against a server that runs.

const ACCOUNT = { username: 'Srinivas', password: 'admin123' }
const CALLS = [
  'get a token',
  'create an employee',
  'get an employee',
  'list employees page by page',
  'update with If-Match',
  '412 for a stale If-Match',
  '409 for a taken id',
  '401 for a wrong token',
  '404 for an unknown id',
  '400 for a bad field',
  'disable a user',
  'read the metrics',
  'delete an employee',
]
const PAGE = 'docs/clients.md'
const LINES = `the lines of ${PAGE}`
const STEPS = ['generate', 'compile', ...CALLS, LINES]
/** Each says so when it has neither an error nor a recommendation. */
const GENERATORS = ['@openapitools/openapi-generator-cli', 'openapi-generator-4']

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(LANGUAGES, name))
if (unknown.length > 0)
  throw new Error(`no client is tried in ${unknown.join(', ')}: there are ${Object.keys(LANGUAGES).join(', ')}`)
const languages = Object.entries(LANGUAGES).filter(([name]) => wanted.length === 0 || wanted.includes(name))

let passed = 0
for (const generator of GENERATORS) passed += Number(await approves(generator))
for (const [name, language] of languages) {
  const done = await attempt(name, language)
  passed += done.length
  for (const step of STEPS.slice(done.length + 1)) console.log(`${name}: ${step}: not reached`)
}
const failed = GENERATORS.length + STEPS.length * languages.length - passed
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

/** Whether the generator of this package calls the document valid, without a warning. */
async function approves(generator: string): Promise<boolean> {
  const jar = `node_modules/${generator}/bin/openapi-generator.jar`
  const options = ['-jar', jar, 'validate', '--recommend', '-i', 'spec/openapi.json']
  const { stdout, stderr } = await promisify(execFile)('java', options).catch((error) => error)
  const isValid = /^No validation issues detected\.$/m.test(stdout)
  console.log(`${generator}: validate: ${isValid ? 'ok' : `failed: ${stdout}${stderr}`}`)
  return isValid
}

/** The steps that were done, in order; why the next one was not is printed. */
async function attempt(name: string, { packages, compile, program, readme }: Language): Promise<string[]> {
  const done: string[] = []
  let started = performance.now()
  const report = (step: string) => {
    const expected = STEPS[done.length]
    if (step !== expected) throw new Error(`"${step}" instead of "${expected}"`)
    done.push(step)
    console.log(`${name}: ${step}: ok, ${((performance.now() - started) / 1000).toFixed(1)} s`)
    started = performance.now()
  }
  try {
    await run({ file: process.execPath, options: ['build/src/document/sdk/generate.js', name] })
    report('generate')
    await run(await compile())
    report('compile')
    const { file, options, ...rest } = await program()
    await withServer(async (server) => {
      started = performance.now()
      await run({ ...rest, file, options: [...options, server.url, ACCOUNT.username, ACCOUNT.password] }, report)
      await addEmployee(server)
      const output = await run(await readmeProgram(name, readme, server.url))
      if (!output.includes('Srinu') || !output.includes('Not found.')) throw new Error(`this was written: ${output}`)
      report(LINES)
    })
    if (done.length < STEPS.length) throw new Error('the program ended too early')
  } catch (error) {
    const { message } = error as Error
    const hint = done.length < 2 ? `\n${name}: what it needs, on Debian: apt-get install ${packages}` : ''
    console.log(`${name}: ${STEPS[done.length]}: failed: ${message}${hint}`)
  }
  return done
}

/** A server with an empty database of its own, so that no language sees what another one has left behind. */
async function withServer(use: (server: ServerProcess) => Promise<void>): Promise<void> {
  const database = await freshDatabase()
  try {
    const server = await ServerProcess.start({
      ...database.env,
      LATCHKEY_SUPERUSER_USERNAME: ACCOUNT.username,
      LATCHKEY_SUPERUSER_PASSWORD: ACCOUNT.password,
    })
    await use(server).finally(() => server.stop())
  } finally {
    await database.remove()
  }
}

async function addEmployee(server: ServerProcess) {
  const { token } = (await (await server.fetch('/gettoken/', { json: ACCOUNT })).json()) as { token: string }
  await server.fetch('/api/emp_viewset', { token, json: { empid: 101, empname: 'Srinu', salary: '20000' } })
}

/** The lines of docs/clients.md as a program, with the port of the server that runs. */
async function readmeProgram(
  name: string,
  { fence = name, file, whole, run }: Language['readme'],
  url: string,
): Promise<Command> {
  const [, lines] = new RegExp(`^\`\`\`${fence}\n(.*?)^\`\`\``, 'ms').exec(await readFile(PAGE, 'utf8'))!
  await writeFile(file, whole(lines!.replaceAll('8000', new URL(url).port)))
  return run(file)
}

/**
 * Runs a command to its end.
 * @returns what it wrote
 * @param report is called with each step that the command tells as done
 * @throws with what it wrote, when it cannot be started or fails
 */
async function run({ file, options, environment }: Command, report?: (step: string) => void): Promise<string> {
  const child = spawn(file, options, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } })
  let errors = ''
  let output = ''
  let rest = ''
  let surprise: unknown
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    try {
      for (const line of lines) if (line.startsWith('done: ')) report?.(line.slice('done: '.length))
    } catch (error) {
      surprise ??= error
    }
  })
  const [code] = await once(child, 'close').catch((error) => {
    throw error.code === 'ENOENT' ? new Error(`there is no \`${file}\``) : error
  })
  if (surprise) throw surprise
  if (code !== 0) throw new Error(errors.trim().split('\n').slice(-20).join('\n') || `${file} ended with ${code}`)
  return output
}
