import { constants, existsSync, lstatSync, realpathSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { processUser, refusedAccess } from '../platform/access.js'
import { settings } from '../platform/config.js'
import { isAbsent } from '../platform/database/connection.js'
import { type Finding, fail, ok, warn } from './doctor-finding.js'

const { R_OK, W_OK, X_OK } = constants

/**
 * FULL: with fewer bytes free, a disk is full for everything that may not use the reserve (platform/database/reserve). LOG: how
 * many bytes SQLite's log may take before it starts again (platform/database/sqlite).
 */
const FULL = 1_048_576
const LOG = 200_000_000

/**
 * The types in statfs(2) of file systems on which SQLite's locks and syncs are unreliable, and of those that a restart empties.
 */
const NETWORKS: Record<number, string> = { 26985: 'NFS', 20859: 'SMB', 4283649346: 'CIFS', 4266872130: 'SMB2' }
const IN_MEMORY: Record<number, string> = { 16914836: 'tmpfs', 2240043254: 'ramfs' }

/** The endings of a database and of the files next to it that are for its owner alone. */
const FILES = ['', '-wal', '-shm', '.key', '.reserve']

export async function findingsOfDisk(): Promise<Finding[]> {
  const { database } = settings()
  if (database.dialect === 'postgres') return [ok("the disk is the database server's, and cannot be seen from here")]
  if (isAbsent()) return [ok('there is no file yet')]
  const file = realpathSync(database.file)
  const folder = dirname(file)
  const refused = [
    ...unusable(file, folder, W_OK | X_OK, 'its directory cannot be written to'),
    ...[file, `${file}-wal`, `${file}-shm`]
      .filter((path) => existsSync(path))
      .flatMap((path) => unusable(file, path, R_OK | W_OK, `${path} cannot be read and written`)),
  ]
  if (refused.length > 0) return refused
  const hasReserve = lstatSync(`${file}.reserve`, { throwIfNoEntry: false }) !== undefined
  const reserve = hasReserve ? 'the reserve is there' : 'there is no reserve yet, and the service will make it'
  return [
    ok(`${megabytes(freeOf(folder))} free in ${folder}, the file has ${megabytes(lstatSync(file).size)}; ${reserve}`),
    ...ofRoom(file, folder),
    ...ofFileSystem(folder),
    ...ofModes(file),
  ]
}

function unusable(file: string, path: string, mode: number, what: string): Finding[] {
  const code = refusedAccess(path, mode)
  if (!code) return []
  return [
    fail(
      `DATABASE_URL: ${file} cannot be used by ${processUser()}: ${what} (${code})`,
      `give ${path} to the user that the service runs as`,
    ),
  ]
}

function ofRoom(file: string, folder: string): Finding[] {
  const free = freeOf(folder)
  const advice = `free some space on the disk of ${folder}, or move the file to a larger disk`
  if (free < FULL)
    return [
      fail(
        `the disk is full (${megabytes(free)}): only changes that take rights away are written, with the reserve`,
        advice,
      ),
    ]
  const { files, ffree } = statfsSync(folder)
  if (files > 0 && ffree === 0) return [fail('the disk has no room for another file (it has no free inode)', advice)]
  if (free >= LOG + lstatSync(file).size) return []
  return [
    warn(
      `only ${megabytes(free)} are free: SQLite's log may take ${megabytes(LOG)}, and a backup as much as the file`,
      advice,
    ),
  ]
}

function ofFileSystem(folder: string): Finding[] {
  const { type } = statfsSync(folder)
  if (NETWORKS[type])
    return [
      warn(
        `${folder} is on ${NETWORKS[type]}, whose locks and syncs SQLite cannot rely on: rows may be lost, or the file damaged`,
        'put the file on a disk of this machine, or use PostgreSQL',
      ),
    ]
  if (IN_MEMORY[type])
    return [
      warn(
        `${folder} is in memory (${IN_MEMORY[type]}): everything is lost when the machine restarts`,
        'put the file on a disk',
      ),
    ]
  return []
}

function ofModes(file: string): Finding[] {
  const open = FILES.map((ending) => file + ending).filter((path) => {
    const found = lstatSync(path, { throwIfNoEntry: false })
    return found?.isFile() && (found.mode & 0o077) !== 0
  })
  if (open.length === 0) return []
  return [warn(`users other than the owner can read ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`)]
}

function freeOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`
}
