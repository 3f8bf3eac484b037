import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { settings } from '../config.js'
import { log } from '../log.js'
import { select } from './connection.js'

/**
 * Bytes beside the SQLite file that are given up when the disk is full, so that a right can be taken away even then. A
 * revocation takes about 30 kB of SQLite's log (measured).
 */
const SIZE = 1_048_576

/** Bytes that SQLite needs to open a file that nobody has open, and to write a little: 32 kB for an index of its log alone. */
const OPENING = 131_072

/** Milliseconds between two tries to have it again. */
const EVERY = 1000

const { database } = settings()

let isSpent = false
let lastTry = 0

/** A command has an operator before it. */
let tell = (text: string): void => void process.stderr.write(`latchkey: warning: ${text}\n`)

/** For a service: makes the reserve unless it is there. A disk that has no room for it counts as full. */
export function makeReserve(): void {
  tell = (text) => log.error(text)
  const file = besideDatabase('.reserve')
  if (!file || existsSync(file)) return
  isSpent = !hasWritten(file)
  if (isSpent) tell('the disk of the database is full: only what takes rights away is written; free some of it')
}

/** Before SQLite opens a file: gives the reserve up where there would be no room even for that. */
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
 * Makes room for a write that takes a right away: gives the reserve up, and has SQLite's log begin anew, whose pages have
 * places in the file mostly: a revocation takes less than 1 kB for good (measured).
 */
export async function makeRoom(): Promise<void> {
  giveUp(besideDatabase('.reserve')!)
  // It waits for those who read, and leaves the log as it is where they go on for too long.
  await select('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {})
}

/** Whether the disk is full and only rights may be taken away. It has room again when there is some for the reserve. */
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

/** On the disk of the file, which a link may lead to. */
function besideDatabase(ending: string): string | undefined {
  if (database.dialect !== 'sqlite' || !existsSync(database.file)) return undefined
  return realpathSync(database.file) + ending
}

/** Random, because a file system may keep zeros in no room at all. */
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
