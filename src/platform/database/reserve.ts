import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { settings } from '../config.js'
import { log } from '../log.js'

/**
 * Bytes beside the SQLite file that are given up when the disk is full, so that a right can be taken away even then. A
 * revocation takes about 60 kB of SQLite's log (measured).
 */
const SIZE = 1_048_576

/** Milliseconds between two tries to have it again. */
const EVERY = 1000

const { database } = settings()
const file = database.dialect === 'sqlite' ? `${database.file}.reserve` : undefined

let isSpent = false
let lastTry = 0

/** Makes the reserve unless it is there; a disk that has no room for it counts as full. */
export function makeReserve(): void {
  if (!file || existsSync(file)) return
  isSpent = !hasWritten(file)
  if (isSpent) log.error('the disk of the database is full: only what takes rights away is written; free some of it')
}

/**
 * Gives the reserve up for a write that takes a right away.
 * @returns whether there was one
 */
export function spendReserve(): boolean {
  if (!file || !existsSync(file)) return false
  rmSync(file, { force: true })
  log.error('the disk of the database is full: its reserve goes to what takes rights away; free some of it')
  isSpent = true
  lastTry = performance.now()
  return true
}

/** Whether the disk is full and only rights may be taken away. It has room again when there is some for the reserve. */
export function isReserveSpent(): boolean {
  if (!file || !isSpent || performance.now() - lastTry < EVERY) return isSpent
  lastTry = performance.now()
  isSpent = !existsSync(file) && !hasWritten(file)
  if (!isSpent) log.info('the disk of the database has room again')
  return isSpent
}

/** Random, because a file system may keep zeros in no room at all. */
function hasWritten(path: string): boolean {
  try {
    const descriptor = openSync(path, 'wx', 0o600)
    try {
      writeSync(descriptor, randomBytes(SIZE))
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
