import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CREDENTIALS } from '../process.js'
import { DOCUMENT, OUTPUT, programOf, run } from './installed.js'

/** Each generates a client in the folder of the program that uses it, which has the same name in `programs/`. */
export const CLIENTS: Record<string, (folder: string) => Promise<unknown>> = {
  'openapi-fetch': (folder) => run(programOf('openapi-typescript'), [DOCUMENT, '--output', 'schema.ts'], folder),
  orval: (folder) => run(programOf('orval'), ['--config', 'orval.config.ts'], folder),
  angular: (folder) => run(programOf('ng-openapi-gen'), ['--input', DOCUMENT, '--output', 'client'], folder),
}

export async function generate(name: string): Promise<void> {
  await CLIENTS[name]!(join(OUTPUT, name))
}

/** The clients and their programs, strictly. @throws with what the compiler complains about */
export async function compile(): Promise<void> {
  await run(programOf('tsc'), ['--project', OUTPUT])
}

/** @throws where the program meets what it does not expect */
export async function use(name: string, url: string): Promise<void> {
  const { username, password } = CREDENTIALS
  await run(process.execPath, [join(OUTPUT, name, 'main.js'), url, username, password])
}

/** For a client that asks where the document says that the service is. */
export async function direct(name: string, url: string): Promise<void> {
  const file = join(OUTPUT, name, 'client.js')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replaceAll('http://localhost:8000', url))
}
