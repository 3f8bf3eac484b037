import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import sqlite3 from 'sqlite3'
import { settings } from '../platform/config.js'
import { isFileAbsent, requireUsableFile } from '../platform/database/file.js'
import { serverKeyPlace } from '../platform/keys.js'
import { print, printJson } from './output.js'

/** Milliseconds to wait for the lock of another process. */
const BUSY = 5000

export function backupCommand(): Command {
  return new Command('backup')
    .description('copy the SQLite database to a new file while the service runs; the copy does not have the server key')
    .argument('<file>', 'the file to write; it must not exist yet')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: { json?: true }) => {
      const copied = await backUp(resolve(file))
      const key = serverKeyPlace(settings())
      if (json) return printJson({ ...copied, integrity: 'ok', server_key: key })
      print(`copied ${copied.database} to ${copied.file}: ${copied.bytes} bytes, integrity ok`)
      print(`The copy does not have the server key, and is useless without it. Keep ${key} too, in another place.`)
    })
}

/**
 * The copy has everything that was committed before the backup starts. It is made under another name, and renamed when it is on
 * the disk and has been checked. A failure or a signal leaves nothing behind.
 */
async function backUp(file: string) {
  const database = await databaseFile()
  requireFree(file)
  // The draft has a folder of its own. SQLite's thread may still be about to make a file when the signal comes, and cannot once
  // the folder is gone.
  const folder = `${file}.${randomBytes(6).toString('hex')}`
  const draft = join(folder, 'draft')
  const remove = () => {
    rmSync(file, { force: true })
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      remove()
      process.exit(1)
    })
  // The name is taken at once, so that the second of two backups is refused. Only the owner can read the file, even before it has
  // content.
  makeEmpty(file)
  try {
    mkdirSync(folder, 0o700)
    makeEmpty(draft)
    await copy(database, draft)
    await examine(draft)
    synchronize(draft)
    renameSync(draft, file)
    rmdirSync(folder)
    synchronize(dirname(file))
    return { database, file, bytes: statSync(file).size }
  } catch (error) {
    remove()
    throw error
  }
}

function makeEmpty(file: string) {
  closeSync(openSync(file, 'wx', 0o600))
}

async function databaseFile(): Promise<string> {
  const { database } = settings()
  if (database.dialect !== 'sqlite')
    throw new Error('DATABASE_URL names PostgreSQL: back it up with pg_dump, as docs/backup.md shows')
  if (isFileAbsent(database.file)) throw new Error(`there is no database ${database.file}`)
  await requireUsableFile(database)
  return database.file
}

/** SQLite would take an old journal for that of the copy, and play it into the copy. */
function requireFree(file: string) {
  if (!existsSync(dirname(file))) throw new Error(`there is no folder ${dirname(file)}`)
  const taken = [file, `${file}-wal`, `${file}-shm`, `${file}-journal`].find((path) => existsSync(path))
  if (taken) throw new Error(`${taken} already exists, and is not overwritten`)
}

/** This is one read transaction, so writers can go on. SQLite's own backup starts again whenever somebody writes. */
function copy(database: string, draft: string): Promise<unknown> {
  return ask(database, 'VACUUM INTO ?', [draft])
}

async function examine(draft: string) {
  const [row] = await ask<{ integrity_check: string }>(draft, 'PRAGMA integrity_check(1)')
  if (row?.integrity_check !== 'ok') throw new Error(`the copy is damaged: ${row?.integrity_check}`)
}

/** Opens the file as a server does. Only such a connection removes the files of SQLite's log when it is the last one. */
async function ask<Row>(file: string, statement: string, values: unknown[] = []): Promise<Row[]> {
  const connection = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new sqlite3.Database(file, sqlite3.OPEN_READWRITE, (error) =>
      error ? reject(error) : resolve(opened),
    )
  })
  connection.configure('busyTimeout', BUSY)
  try {
    return await new Promise<Row[]>((resolve, reject) =>
      connection.all<Row>(statement, values, (error, rows) => (error ? reject(error) : resolve(rows))),
    )
  } finally {
    await new Promise((resolve) => connection.close(resolve))
  }
}

/** Writes it to the disk. SQLite leaves this to the caller. */
function synchronize(path: string) {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
