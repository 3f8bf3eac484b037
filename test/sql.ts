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

/**
 * The statement that makes rows 1 to `count` of a table at once.
 * @param columns an expression over `n` for each
 */
export function insertMany(table: string, count: number, columns: Record<string, string>): string {
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`
  return `${numbers} INSERT INTO ${table} (${Object.keys(columns)}) SELECT ${Object.values(columns)} FROM numbers`
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
