import { join } from 'node:path'
import { expect } from 'chai'
import sqlite3 from 'sqlite3'

/** Of the SQLite file of a server in this folder. */
export async function expectIntegrity(folder: string): Promise<void> {
  const file = new sqlite3.Database(join(folder, 'db.sqlite3'), sqlite3.OPEN_READONLY)
  const rows = await new Promise((resolve, reject) =>
    file.all('PRAGMA integrity_check', (error, rows) => (error ? reject(error) : resolve(rows))),
  )
  await new Promise((resolve) => file.close(resolve))
  expect(rows).to.deep.equal([{ integrity_check: 'ok' }])
}
