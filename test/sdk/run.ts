import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { delimiter, resolve } from 'node:path'
import { promisify } from 'node:util'
import { freshDatabase, ServerProcess } from '../process.js'

// Generates a client in each language, compiles it, and lets a small program use it against a server that runs.

interface Language {
  /** Debian's packages with everything that it needs. */
  packages: string
  compile: () => Promise<Command>
  /** After `compile`. */
  program: () => Promise<Command>
}

interface Command {
  file: string
  options: string[]
  environment?: Record<string, string>
}

const ACCOUNT = { username: 'Srinivas', password: 'admin123' }
const JAR = 'node_modules/@openapitools/openapi-generator-cli/bin/openapi-generator.jar'
// Debian has no Jackson module for java.time, so Jackson is taken from the generator's own jar.
const JAVA_LIBRARIES = [JAR, '/usr/share/java/geronimo-annotation-1.3-spec.jar']

const LANGUAGES: Record<string, Language> = {
  python: {
    packages: 'python3 python3-urllib3 python3-dateutil python3-six python3-certifi',
    compile: async () => ({
      file: await python(),
      options: ['-m', 'compileall', '-q', 'build/sdk/python'],
    }),
    program: async () => ({
      file: await python(),
      options: ['test/sdk/python/main.py'],
      environment: { PYTHONPATH: 'build/sdk/python', PYTHONDONTWRITEBYTECODE: '1' },
    }),
  },
  java: {
    packages: 'default-jdk-headless libgeronimo-annotation-1.3-spec-java',
    compile: async () => {
      const missing = JAVA_LIBRARIES.find((library) => !existsSync(library))
      if (missing) throw new Error(`there is no ${missing}`)
      const sources = ['-sourcepath', 'build/sdk/java/src/main/java', 'test/sdk/java/Main.java']
      return {
        file: 'javac',
        options: [
          '-encoding',
          'UTF-8',
          '-nowarn',
          '-proc:none',
          '-d',
          'build/sdk/java/classes',
          '-cp',
          JAVA_LIBRARIES.join(delimiter),
          ...sources,
        ],
      }
    },
    program: async () => ({
      file: 'java',
      options: ['-cp', ['build/sdk/java/classes', ...JAVA_LIBRARIES].join(delimiter), 'Main'],
    }),
  },
  go: {
    packages: 'golang-go golang-golang-x-oauth2-dev',
    compile: async () => {
      // Without a module, because then Debian's package of golang.org/x/oauth2 serves and nothing is downloaded.
      await rm('build/sdk/go-path', { recursive: true, force: true })
      await mkdir('build/sdk/go-path/src', { recursive: true })
      await symlink(resolve('build/sdk/go'), 'build/sdk/go-path/src/latchkey')
      const path = [resolve('build/sdk/go-path'), '/usr/share/gocode'].join(delimiter)
      return {
        file: 'go',
        options: ['build', '-o', 'build/sdk/go-program', './test/sdk/go/main.go'],
        environment: { GO111MODULE: 'off', GOFLAGS: '', GOPATH: path },
      }
    },
    program: async () => ({ file: 'build/sdk/go-program', options: [] }),
  },
}

const CALLS = [
  'get a token',
  'list employees',
  'create an employee',
  'get an employee',
  '401 for a wrong token',
  '404 for an unknown id',
  '400 for a bad field',
  'delete an employee',
]
const STEPS = ['generate', 'compile', ...CALLS]

let passed = 0
for (const [name, language] of Object.entries(LANGUAGES)) {
  const done = await attempt(name, language)
  passed += done.length
  for (const step of STEPS.slice(done.length + 1)) console.log(`${name}: ${step}: not reached`)
}
const failed = STEPS.length * Object.keys(LANGUAGES).length - passed
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

/** The steps that were done, in order; why the next one was not is printed. */
async function attempt(name: string, { packages, compile, program }: Language): Promise<string[]> {
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
    await run({ file: process.execPath, options: ['build/src/sdk/generate.js', name] })
    report('generate')
    await run(await compile())
    report('compile')
    const { file, options, ...rest } = await program()
    await withServer((url) => {
      started = performance.now()
      return run({ ...rest, file, options: [...options, url, ACCOUNT.username, ACCOUNT.password] }, report)
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
async function withServer(use: (url: string) => Promise<void>): Promise<void> {
  const database = await freshDatabase()
  try {
    const server = await ServerProcess.start({
      ...database.env,
      LATCHKEY_SUPERUSER_USERNAME: ACCOUNT.username,
      LATCHKEY_SUPERUSER_PASSWORD: ACCOUNT.password,
    })
    await use(server.url).finally(() => server.stop())
  } finally {
    await database.remove()
  }
}

/**
 * Runs a command to its end.
 * @param report is called with each step that the command tells as done
 * @throws with what it wrote, when it cannot be started or fails
 */
async function run({ file, options, environment }: Command, report?: (step: string) => void): Promise<void> {
  const child = spawn(file, options, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } })
  let errors = ''
  let rest = ''
  let surprise: unknown
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
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
}

/** The first Python that has what the client imports: Debian's packages are not those of a Python of one's own. */
async function python(): Promise<string> {
  for (const file of ['python3', '/usr/bin/python3'])
    try {
      await promisify(execFile)(file, ['-c', 'import certifi, dateutil, six, urllib3'])
      return file
    } catch {}
  throw new Error('no python3 has certifi, dateutil, six and urllib3')
}
