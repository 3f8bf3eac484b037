import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CREDENTIALS } from '../process.js'
import { ADDRESS, DOCUMENT, OUTPUT, programOf, run } from './installed.js'

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

/**
 * Runs the program, which gets the address, a username and a password.
 * @throws where it meets what it does not expect
 */
export async function use(name: string, url: string): Promise<void> {
  const folder = join(OUTPUT, name)
  if (name === 'orval') await direct(join(folder, 'client.js'), url)
  const { username, password } = CREDENTIALS
  await run(process.execPath, [join(folder, 'main.js'), url, username, password])
}

/** Its address is that of the document. */
async function direct(file: string, url: string) {
  const text = await readFile(file, 'utf8')
  if (!text.includes(ADDRESS)) throw new Error(`${file} does not ask ${ADDRESS}`)
  await writeFile(file, text.replaceAll(ADDRESS, url))
}
