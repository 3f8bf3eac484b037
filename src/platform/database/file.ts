import { chmodSync, constants, existsSync, lstatSync, mkdirSync, realpathSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { processUser, refusedAccess } from '../access.js'
import { ConfigError, type DatabaseConfig } from '../config.js'

const { R_OK, W_OK, X_OK } = constants

type SqliteFile = Pick<DatabaseConfig & { dialect: 'sqlite' }, 'file' | 'isDefault'>

/** The endings of the files that SQLite keeps next to a database. */
const COMPANIONS = ['-wal', '-shm', '-journal']

/** Milliseconds for which a file may be empty. Another process may just have made it, and writes its first page next. */
const FIRST_PAGE = 2000

/**
 * Whether the database would have to be created before it can be read.
 * @throws {ConfigError} if that cannot be known, which does not mean that there is no database
 */
export function isFileAbsent(file: string): boolean {
  const found = look(file, lstatSync)
  if (found?.isSymbolicLink() && !look(file, statSync))
    throw new ConfigError(`DATABASE_URL: ${file} is a link to a file that does not exist`)
  return found === undefined
}

/**
 * Checks that SQLite can use the file. SQLite itself would only give a code, sometimes only at the first write.
 * @throws {ConfigError} with the file, and the user if rights are missing. Also for a database that is damaged or gone, which is
 * never replaced by an empty one
 */
export async function requireUsableFile({ file, isDefault }: SqliteFile): Promise<void> {
  const isAbsent = isFileAbsent(file)
  if (isAbsent) requireNothingLeftOf(file)
  if (isAbsent && isDefault) mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // SQLite follows links, and keeps its log next to the real file.
  const real = isAbsent ? file : realpathSync(file)
  const folder = dirname(real)
  if (!existsSync(folder)) throw new ConfigError(`DATABASE_URL: there is no directory ${folder}`)
  const refused = reasonAgainst(folder, W_OK | X_OK)
  if (refused) throw unusableFile(file, `its directory ${refused}`)
  if (!isAbsent) await requireReadable(file, real)
}

/** @param reason why it cannot be used */
export function unusableFile(file: string, reason: string): ConfigError {
  return new ConfigError(`DATABASE_URL: ${file} cannot be used by ${processUser()}: ${reason}`)
}

async function requireReadable(file: string, real: string) {
  if (!statSync(real).isFile()) throw new ConfigError(`DATABASE_URL: ${file} is not a file`)
  for (const path of [real, ...COMPANIONS.map((ending) => real + ending).filter((path) => existsSync(path))]) {
    const refused = reasonAgainst(path, R_OK | W_OK)
    if (refused) throw unusableFile(file, `${path} ${refused}`)
    keepFromOthers(path)
  }
  if (await staysEmpty(real))
    throw new ConfigError(`DATABASE_URL: ${file} is empty; restore it, or delete it to start afresh`)
}

async function staysEmpty(path: string): Promise<boolean> {
  for (const end = performance.now() + FIRST_PAGE; statSync(path).size === 0; await wait(20))
    if (performance.now() > end) return true
  return false
}

/** An earlier version made it readable to every user of the machine. Files that belong to somebody else stay as they are. */
function keepFromOthers(path: string) {
  const { uid, mode } = statSync(path)
  if (uid === process.getuid?.() && (mode & 0o007) !== 0) chmodSync(path, 0o600)
}

function requireNothingLeftOf(file: string) {
  const left = [`${file}.key`, `${file}-wal`].find((path) => existsSync(path))
  if (left)
    throw new ConfigError(
      `DATABASE_URL: ${file} is gone while ${left} is there; restore it, or delete that to start afresh`,
    )
}

function reasonAgainst(path: string, mode: number): string | undefined {
  const code = refusedAccess(path, mode)
  return code && `cannot be ${mode & R_OK ? 'read and written' : 'written to'} (${code})`
}

/** @returns nothing if it does not exist */
function look(file: string, as: typeof statSync | typeof lstatSync): Stats | undefined {
  try {
    return as(file, { throwIfNoEntry: false }) as Stats | undefined
  } catch (error) {
    throw unusableFile(file, `it cannot be reached (${(error as NodeJS.ErrnoException).code})`)
  }
}
