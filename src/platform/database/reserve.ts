import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { settings } from '../config.js'
import { log } from '../log.js'
import { select } from './connection.js'

/**
 * The size of the reserve, a file next to the SQLite file that is deleted when the disk is full, so that a right can still be
 * taken away. A revocation takes about 30 kB of SQLite's log (measured).
 */
const SIZE = 1_048_576

/**
 * Bytes that SQLite needs to open a file that is not open anywhere, and to write a little. The index of its log alone takes 32
 * kB.
 */
const OPENING = 131_072

/** Milliseconds between two attempts to make the reserve again. */
const EVERY = 1000

const { database } = settings()

let isSpent = false
let lastTry = 0

/** A command speaks to its operator. */
let tell = (text: string): void => void process.stderr.write(`latchkey: warning: ${text}\n`)

/** For a service: makes the reserve if it does not exist. A disk that has no room for it counts as full. */
export function makeReserve(): void {
  tell = (text) => log.error(text)
  const file = besideDatabase('.reserve')
  if (!file || existsSync(file)) return
  isSpent = !hasWritten(file)
  if (isSpent) tell('the disk of the database is full: only what takes rights away is written; free some of it')
}

/** Call this before SQLite opens a file. It deletes the reserve if there would not even be room for opening. */
export function giveUpIfFull(): void {
  const file = besideDatabase('.reserve')
  if (file && existsSync(file) && isDiskFull()) giveUp(file)
}

/** Whether a process that opens the database has no room for it. */
export function isDiskFull(): boolean {
  const file = besideDatabase('')
  if (!file) return false
  const { bavail, bsize } = statfsSync(dirname(file))
  return bavail * bsize < OPENING
}

/**
 * Makes room for a write that takes a right away. It deletes the reserve and restarts SQLite's log. Most pages of the log have a
 * place in the file already, so a revocation takes less than 1 kB in the end (measured).
 */
export async function makeRoom(): Promise<void> {
  giveUp(besideDatabase('.reserve')!)
  // It waits for readers, and leaves the log as it is if they take too long.
  await select('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {})
}

/** Whether the disk is full, so that only rights may be taken away. The disk has room again when the reserve fits. */
export function isReserveSpent(): boolean {
  if (!isSpent || performance.now() - lastTry < EVERY) return isSpent
  lastTry = performance.now()
  const file = besideDatabase('.reserve')
  isSpent = file !== undefined && !existsSync(file) && !hasWritten(file)
  if (!isSpent) log.info('the disk of the database has room again')
  return isSpent
}

function giveUp(file: string) {
  if (existsSync(file))
    tell('the disk of the database is full: its reserve goes to what takes rights away; free some of it')
  rmSync(file, { force: true })
  isSpent = true
  lastTry = performance.now()
}

/** A path on the disk of the real file, which may be behind a link. */
function besideDatabase(ending: string): string | undefined {
  if (database.dialect !== 'sqlite' || !existsSync(database.file)) return undefined
  return realpathSync(database.file) + ending
}

/** The content is random, because a file system may store zeros in no room at all. */
function hasWritten(path: string): boolean {
  try {
    const descriptor = openSync(path, 'wx', 0o600)
    try {
      writeFileSync(descriptor, randomBytes(SIZE))
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    return true
  } catch {
    rmSync(path, { force: true })
    return false
  }
}
