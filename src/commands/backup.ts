import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import sqlite3 from 'sqlite3'
import { settings } from '../platform/config.js'
import { isFileAbsent, requireUsableFile } from '../platform/database/file.js'
import { serverKeyPlace } from '../platform/keys.js'
import { print, printJson } from './output.js'

/** Milliseconds that it waits for the lock of another process. */
const BUSY = 5000

export function backupCommand(): Command {
  return new Command('backup')
    .description('copy the SQLite database into a new file while the service runs; the server key is not in the copy')
    .argument('<file>', 'where the copy goes; it must not be there yet')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: { json?: true }) => {
      const copied = await backUp(resolve(file))
      const key = serverKeyPlace(settings())
      if (json) return printJson({ ...copied, integrity: 'ok', server_key: key })
      print(`copied ${copied.database} to ${copied.file}: ${copied.bytes} bytes, integrity ok`)
      print(`The server key is not in it, and it is of no use without: keep ${key} too, and apart from it.`)
    })
}

/**
 * What was committed before it starts is in the copy, whole. It is made under another name and gets its own when it is on the
 * disk and was examined; a failure or a signal leaves nothing behind.
 */
async function backUp(file: string) {
  const database = await databaseFile()
  requireFree(file)
  // A folder, because SQLite's thread may still be about to make a file when the signal comes: without it, it cannot.
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
  // Taken at once, so that of two backups one is refused; and made for the owner alone before anything is in it.
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

/** A journal that lies there would be taken for the copy's own, and played into it. */
function requireFree(file: string) {
  if (!existsSync(dirname(file))) throw new Error(`there is no folder ${dirname(file)}`)
  const taken = [file, `${file}-wal`, `${file}-shm`, `${file}-journal`].find((path) => existsSync(path))
  if (taken) throw new Error(`${taken} is there already, and is not overwritten`)
}

/** One read transaction, so that writers go on meanwhile; SQLite's own backup begins anew whenever somebody writes. */
function copy(database: string, draft: string): Promise<unknown> {
  return ask(database, 'VACUUM INTO ?', [draft])
}

async function examine(draft: string) {
  const [row] = await ask<{ integrity_check: string }>(draft, 'PRAGMA integrity_check(1)')
  if (row?.integrity_check !== 'ok') throw new Error(`the copy is damaged: ${row?.integrity_check}`)
}

/** Opened as a server would, because only such a connection takes the files of SQLite's log away again when it is the last. */
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

/** To the disk: SQLite leaves that to whoever copies. */
function synchronize(path: string) {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
