import { execFile } from 'node:child_process'
import { cp, mkdir, rm, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** Its packages are no part of the project's: the folder has a lock of its own. */
const FOLDER = resolve('test/consumers')
const OUTPUT = 'build/consumers'

export const DOCUMENT = resolve('spec/openapi.json')

const run = promisify(execFile)

/** Installs what the lock names, and makes the folder where clients are generated; they find their packages from there. */
export async function install(): Promise<void> {
  await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: FOLDER })
  await rm(OUTPUT, { recursive: true, force: true })
  await mkdir(OUTPUT, { recursive: true })
  await symlink(join(FOLDER, 'node_modules'), join(OUTPUT, 'node_modules'))
}

/** Where a program of one of the packages stands. */
export function programOf(name: string): string {
  return join(FOLDER, 'node_modules/.bin', name)
}

/**
 * Runs a program of one of the packages to its end.
 * @returns what it wrote to standard output
 * @throws with everything that it wrote, where it fails
 */
export async function tool(name: string, options: string[], folder = '.'): Promise<string> {
  try {
    return (await run(programOf(name), options, { cwd: folder, maxBuffer: 64 * 1024 * 1024 })).stdout
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string }
    throw new Error(`${stdout ?? ''}${stderr ?? ''}`.trim() || message)
  }
}

/** A folder of its own for a client, with the program that uses it. @returns its path */
export async function folderFor(name: string): Promise<string> {
  const folder = resolve(OUTPUT, name)
  await mkdir(folder)
  await cp(join(FOLDER, 'programs', name), folder, { recursive: true })
  return folder
}
