import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { promisify } from 'node:util'
import { type Filled, start, type Target } from './targets.js'

/** Its packages are no part of the project's: the folder has a lock of its own. */
const FOLDER = 'test/bench/better-auth'

/** Installs Better Auth, unless that was done. @returns whether it is there; why not stands on standard error */
export async function hasBetterAuth(): Promise<boolean> {
  if (changedAt('node_modules/.package-lock.json') >= changedAt('package-lock.json')) return true
  try {
    await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund', '--prefix', FOLDER])
    return true
  } catch (error) {
    console.error(
      `Better Auth is left out, because it could not be installed: ${(error as Error).message.split('\n')[0]}`,
    )
    return false
  }
}

/** @param filled of which `rows` is how many keys it gets */
export async function startBetterAuth({ database, rows }: Filled): Promise<Target> {
  // As long as the keys that it makes.
  const token = randomBytes(48).toString('base64url')
  const settings = { DATABASE_URL: database, BENCH_ROWS: String(rows), BENCH_TOKEN: token }
  const values = Array.from({ length: rows }, (_, index) => `key-${index + 1}`)
  return { ...(await start('Better Auth', `${FOLDER}/server.mjs`, settings)), token, values, rows }
}

/** @returns 0 where there is none */
function changedAt(file: string): number {
  return statSync(`${FOLDER}/${file}`, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
