import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generateTypescript } from './typescript.js'

// A build tool: runs OpenAPI Generator, whose npm package brings the jar along, over spec/openapi.json; for TypeScript
// openapi-ts, which makes a better client and needs no Java.

interface Defaults {
  /** The package of node_modules whose jar runs. */
  from: string
  /** What the jar calls this generator. */
  generator: string
  properties: Record<string, string>
}

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

const USAGE = `Usage: npm run sdk -- <generator> [option of OpenAPI Generator]...

Generates a client of the API from spec/openapi.json into build/sdk/<generator>.
typescript makes the npm package @latchkey/client; the others need Java.
Generators: typescript, python, java, go, csharp-netcore, php, ruby, rust, typescript-fetch and whatever else OpenAPI Generator has.

  npm run sdk -- typescript
  npm run sdk -- python
  npm run sdk -- java --additional-properties=library=okhttp-gson
`

const GENERATORS: Record<string, Partial<Defaults>> = {
  python: {
    properties: { packageName: 'latchkey_client', projectName: 'latchkey-client', packageVersion: version },
  },
  java: {
    properties: {
      library: 'native',
      dateLibrary: 'java8',
      openApiNullable: 'false',
      groupId: 'latchkey',
      artifactId: 'latchkey-client',
      artifactVersion: version,
      invokerPackage: 'latchkey',
      apiPackage: 'latchkey.api',
      modelPackage: 'latchkey.model',
    },
  },
  // The generator `go` of 5.0.0-beta2 forgets every model; `go-experimental` of 4.3.1 is what became `go` in 5.
  go: {
    from: 'openapi-generator-4',
    generator: 'go-experimental',
    properties: { packageName: 'latchkey', packageVersion: version },
  },
}

process.exitCode = await run(process.argv.slice(2))

async function run([name, ...options]: string[]): Promise<number> {
  // The name becomes a folder, which is emptied.
  if (!name || !/^\w[\w-]*$/.test(name) || (name === 'typescript' && options.length > 0)) {
    process.stderr.write(USAGE)
    return 2
  }
  const own = Object.hasOwn(GENERATORS, name) ? GENERATORS[name]! : {}
  const { from = '@openapitools/openapi-generator-cli', generator = name, properties = {} } = own
  const folder = `build/sdk/${name}`
  rmSync(`${root}${folder}`, { recursive: true, force: true })
  if (name === 'typescript') {
    process.stdout.write(`${await generateTypescript(root, folder)}\n`)
    return 0
  }
  const defaults = Object.entries({ hideGenerationTimestamp: 'true', ...properties }).map((pair) => pair.join('='))
  // The jar takes the last one of what is given twice, so an option of the caller replaces a default.
  const command = ['generate', '-g', generator, '-i', 'spec/openapi.json', '-o', folder]
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
  const written = [...`${stdout}\n${stderr}`.matchAll(/ writing file /g)].length
  process.stdout.write(`${folder}: ${written} files, from ${generator} of ${from}\n`)
  return 0
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
