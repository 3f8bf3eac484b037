import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createClient } from '@hey-api/openapi-ts'

/**
 * Generates the npm package `@latchkey/client`, compiled and ready to be packed: what the document says comes from
 * openapi-ts, what it cannot say from the folder beside this file.
 * @param root of the project
 * @param document that the generator reads, below the root
 * @param folder of the package, below the root
 * @throws when the generator or the compiler refuses
 */
export async function generateTypescript(root: string, document: string, folder: string): Promise<string> {
  const target = `${root}${folder}`
  cpSync(`${root}src/document/sdk/typescript`, `${target}/src`, { recursive: true })
  await createClient({
    input: `${root}${document}`,
    output: { path: `${target}/src/generated`, module: { extension: '.js' } },
    logs: { level: 'silent', file: false },
    // Without a client of its own the compiler asks for the one of `createClient`.
    plugins: [
      { name: '@hey-api/client-fetch', throwOnError: true },
      '@hey-api/typescript',
      { name: '@hey-api/sdk', client: false },
    ],
  })
  writeFileSync(`${target}/src/generated/retriable-creates.ts`, retriableCreates(`${root}${document}`))
  const compiler = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', `${target}/src`], {
    encoding: 'utf8',
  })
  if (compiler.status !== 0) throw new Error(compiler.stdout + compiler.stderr)
  cpSync(`${root}LICENSE`, `${target}/LICENSE`)
  cpSync(`${root}src/document/sdk/typescript/README.md`, `${target}/README.md`)
  writeFileSync(`${target}/package.json`, `${JSON.stringify(manifest(root), null, 2)}\n`)
  return `${folder}: a package for npm, from @hey-api/openapi-ts`
}

/** The program text that names the paths of the creates which take an `Idempotency-Key`. */
function retriableCreates(file: string): string {
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as {
    paths: Record<string, { post?: { parameters?: { name: string }[] } }>
  }
  const taking = Object.keys(paths).filter((path) =>
    paths[path]!.post?.parameters?.some(({ name }) => name === 'Idempotency-Key'),
  )
  return `export const RETRIABLE_CREATES: ReadonlySet<string> = new Set(${JSON.stringify(taking)})\n`
}

function manifest(root: string) {
  const { version, license, engines } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  return {
    name: '@latchkey/client',
    version,
    description: 'A client of Latchkey: typed operations, sign-in, errors and paging over fetch',
    license,
    type: 'module',
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    types: './dist/index.d.ts',
    files: ['dist'],
    sideEffects: false,
    engines,
  }
}
