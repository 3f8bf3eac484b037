import pg from 'pg'
import sqlite3 from 'sqlite3'

/** Runs a statement on a database of another process, past every rule of ours. @returns its rows */
export async function sql(url: string, statement: string): Promise<Record<string, unknown>[]> {
  if (url.startsWith('sqlite:')) return onSqlite(url.replace('sqlite:', ''), statement)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

function onSqlite(file: string, statement: string): Promise<Record<string, unknown>[]> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(file)
    database.configure('busyTimeout', 5000)
    database.all<Record<string, unknown>>(statement, (error, rows) =>
      database.close(() => (error ? reject(error) : resolve(rows))),
    )
  })
}
