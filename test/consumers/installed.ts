import { execFile } from 'node:child_process'
import { cp, rm, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** Its packages are no part of the project's: the folder has a lock of its own. */
const FOLDER = resolve('test/consumers')

/** Where clients are generated, each beside the program that uses it. */
export const OUTPUT = resolve('build/consumers')

export const DOCUMENT = resolve('spec/openapi.json')

/** Where the document says that the service is. */
export const ADDRESS = 'http://localhost:8000'

const execute = promisify(execFile)

/** Installs what the lock names, and makes the folder of the programs, which find their packages from there. */
export async function install(): Promise<void> {
  await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], FOLDER)
  await rm(OUTPUT, { recursive: true, force: true })
  await cp(join(FOLDER, 'programs'), OUTPUT, { recursive: true })
  await symlink(join(FOLDER, 'node_modules'), join(OUTPUT, 'node_modules'))
}

/** Where a program of one of the packages stands. */
export function programOf(name: string): string {
  return join(FOLDER, 'node_modules/.bin', name)
}

/**
 * Runs a program to its end.
 * @returns what it wrote to standard output
 * @throws with everything that it wrote, where it fails
 */
export async function run(file: string, options: string[], folder = '.'): Promise<string> {
  try {
    return (await execute(file, options, { cwd: folder, maxBuffer: 64 * 1024 * 1024 })).stdout
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string }
    throw new Error(`${stdout}${stderr}`.trim() || message)
  }
}
