import { randomBytes, randomUUID } from 'node:crypto'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Suite } from 'mocha'
import pg from 'pg'
import { isSqlite } from '../src/platform/database/connection.js'

export interface Database {
  env: { DATABASE_URL: string; LATCHKEY_SECRET_KEY?: string }
  folder: string
  remove: () => Promise<void>
}

/** What is about SQLite alone, or about nothing that the other database could change. */
export function onSqlite(title: string, suite: (this: Suite) => void): void {
  if (isSqlite) describe(title, suite)
}

/** What SQLite does not have, such as several processes. */
export function onPostgres(title: string, suite: (this: Suite) => void): void {
  if (!isSqlite) describe(title, suite)
}

/** A migrated database of its own, of the kind that the suite runs on; it needs no server key yet. */
export function freshDatabase(): Promise<Database> {
  // Without one, as in a program that is no suite, whoever uses the database migrates it.
  return makeDatabase(process.env.TEST_TEMPLATE || undefined)
}

/** As before the first start: on SQLite not even a file. */
export function emptyDatabase(): Promise<Database> {
  return makeDatabase(undefined)
}

/** @param template the URL of a migrated one to copy */
async function makeDatabase(template: string | undefined): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-process-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  if (isSqlite) {
    const file = join(folder, 'db.sqlite3')
    if (template) await copyFile(template.replace('sqlite:', ''), file)
    return { env: { DATABASE_URL: `sqlite:${file}` }, folder, remove }
  }
  const url = new URL(process.env.DATABASE_URL!)
  const name = `test_${randomUUID().slice(0, 8)}`
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  await client.query(`CREATE DATABASE ${name} TEMPLATE ${template ? new URL(template).pathname.slice(1) : 'template1'}`)
  await client.end()
  url.pathname = `/${name}`
  return { env: { DATABASE_URL: url.href, LATCHKEY_SECRET_KEY: randomBytes(32).toString('base64') }, folder, remove }
}
