import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

const STRICT = {
  target: 'ES2022',
  module: 'NodeNext',
  strict: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
}

/** What a consumer's compiler knows: one for Node without the browser's types, one the other way round. */
const KNOWN = {
  Node: { lib: ['ES2022'], types: ['node'] },
  browsers: { lib: ['ES2022', 'DOM'], types: [] },
}

export type Target = keyof typeof KNOWN

/** A project with the TypeScript client and Node's types among its node_modules. */
export class Consumer {
  private constructor(
    private readonly folder: string,
    /** What the tarball of the client holds. */
    readonly files: string[],
  ) {}

  /** Generates the client, packs it and unpacks it where npm would. */
  static async install(): Promise<Consumer> {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-client-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    await run(process.execPath, ['build/src/document/sdk/generate.js', 'typescript'])
    const { stdout } = await run('npm', ['pack', resolve('build/sdk/typescript'), '--json'], { cwd: folder })
    const [{ filename, files }] = JSON.parse(stdout)
    const place = join(folder, 'node_modules/@latchkey/client')
    mkdirSync(place, { recursive: true })
    await run('tar', ['-xzf', join(folder, filename), '-C', place, '--strip-components=1'])
    mkdirSync(join(folder, 'node_modules/@types'))
    for (const name of ['@types/node', 'undici-types'])
      symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    return new Consumer(
      folder,
      files.map(({ path }: { path: string }) => path),
    )
  }

  add(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  copy(file: string, name: string): void {
    cpSync(file, join(this.folder, name))
  }

  /** Compiles what was added. @returns what the compiler complains about */
  async compile(target: Target): Promise<string> {
    const settings = join(this.folder, `tsconfig.${target}.json`)
    const compilerOptions = { ...STRICT, ...KNOWN[target], outDir: target }
    writeFileSync(settings, JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    return run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', settings]).then(
      () => '',
      ({ stdout, stderr }) => `${stdout}${stderr}` || 'the compiler did not run',
    )
  }

  /** @returns what a program prints that was compiled for Node */
  async run(name: string): Promise<string> {
    return (await run(process.execPath, [`Node/${name}`], { cwd: this.folder })).stdout
  }

  /** The client, by the way that its `exports` tell. */
  async import() {
    const entry = createRequire(join(this.folder, 'any.js')).resolve('@latchkey/client')
    return import(pathToFileURL(entry).href)
  }

  manifest() {
    return JSON.parse(readFileSync(join(this.folder, 'node_modules/@latchkey/client/package.json'), 'utf8'))
  }
}

/** The examples of a text, as one program against a server, and what it says that they print. */
export function examplesOf(file: string, url: string): { program: string; output: string } {
  const program = [...readFileSync(file, 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code).join('\n')
  const output = [...program.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, line]) => `${line}\n`).join('')
  return { program: program.replaceAll('http://localhost:8000', url), output }
}
