import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Generator, generators } from './generators.js'
import { type Additions, prepared } from './prepared.js'
import { generateTypescript } from './typescript.js'

// A build tool: runs OpenAPI Generator, whose npm package brings the jar along, over a copy of spec/openapi.json; for TypeScript
// openapi-ts, which makes a better client and needs no Java.

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
const GENERATORS = generators(version)

/** For the pipelines of the generator's own examples. */
const UNUSED = ['git_push.sh', '.travis.yml', 'appveyor.yml']

const USAGE = `Usage: npm run sdk -- <language> [option of OpenAPI Generator]...

Generates a client of the API from spec/openapi.json into build/sdk/<language>.
typescript makes the npm package @latchkey/client; the others need Java.
Languages: typescript, ${Object.keys(GENERATORS).join(', ')}.
Another generator of OpenAPI Generator is taken by its name. What it makes has not been tried.

  npm run sdk -- typescript
  npm run sdk -- python
  npm run sdk -- java --additional-properties=library=okhttp-gson
`

process.exitCode = await run(process.argv.slice(2))

async function run([name, ...options]: string[]): Promise<number> {
  // The name becomes a folder, which is emptied.
  if (!name || !/^\w[\w-]*$/.test(name) || (name === 'typescript' && options.length > 0)) {
    process.stderr.write(USAGE)
    return 2
  }
  const folder = `build/sdk/${name}`
  rmSync(`${root}${folder}`, { recursive: true, force: true })
  const own: Partial<Generator> = Object.hasOwn(GENERATORS, name) ? GENERATORS[name]! : {}
  const document = writePrepared(name, own.additions ?? {})
  if (name === 'typescript') {
    process.stdout.write(`${await generateTypescript(root, document, folder)}\n`)
    return 0
  }
  const { from = '@openapitools/openapi-generator-cli', generator = name, properties = {}, unused = [] } = own
  const defaults = Object.entries({ hideGenerationTimestamp: 'true', ...properties }).map((pair) => pair.join('='))
  // The jar takes the last one of what is given twice, so an option of the caller replaces a default.
  const command = ['generate', '-g', generator, '-i', document, '-o', folder, ...(own.options ?? [])]
  mkdirSync(`${root}${folder}`)
  writeFileSync(`${root}${folder}/.openapi-generator-ignore`, [...UNUSED, ...unused].join('\n'))
  const jar = `node_modules/${from}/bin/openapi-generator.jar`
  const { error, status, stdout, stderr } = spawnSync(
    'java',
    ['-jar', jar, ...command, `--additional-properties=${defaults.join(',')}`, ...options],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  )
  if (error) {
    const reason = 'code' in error && error.code === 'ENOENT' ? 'there is no `java` in the PATH' : error.message
    process.stderr.write(`Generating a client needs Java 8 or newer: ${reason}\n`)
    return 1
  }
  if (status !== 0) {
    process.stderr.write(essence(`${stdout}\n${stderr}`))
    return 1
  }
  replaceIn(`${root}${folder}`, own.replacements ?? {})
  const written = [...`${stdout}\n${stderr}`.matchAll(/ writing file /g)].length
  process.stdout.write(`${folder}: ${written} files, from ${generator} of ${from}\n`)
  return 0
}

/** @returns where the document stands that the generators read, below the root */
function writePrepared(name: string, additions: Additions): string {
  const file = `build/sdk/${name}.json`
  const document = JSON.parse(readFileSync(`${root}spec/openapi.json`, 'utf8'))
  mkdirSync(`${root}build/sdk`, { recursive: true })
  writeFileSync(`${root}${file}`, JSON.stringify(prepared(document, additions)))
  return file
}

function replaceIn(folder: string, replacements: Record<string, string>): void {
  const pairs = Object.entries(replacements)
  if (pairs.length === 0) return
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const text = readFileSync(file, 'utf8')
    writeFileSync(
      file,
      pairs.reduce((result, [from, to]) => result.replaceAll(from, to), text),
    )
  }
}

/** What the generator says, without its log, the list of everything that it has, and where in its code it said so. */
function essence(output: string): string {
  const lines = output
    .split('\n')
    .filter((line) => line.trim() && !/^\[\S+\] (INFO|WARN|DEBUG) |^\s+at |^See '/.test(line))
  const list = lines.findIndex((line) => /^Available:/.test(line))
  const short =
    list < 0 ? lines : [...lines.slice(0, list), ...lines.slice(list).filter((line) => /^\[error\]/.test(line))]
  return `${[...new Set(short)].slice(0, 20).join('\n')}\n`
}
