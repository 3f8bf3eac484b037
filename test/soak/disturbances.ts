import pg from 'pg'
import sqlite3 from 'sqlite3'

/** Milliseconds between two of them. */
const BETWEEN = 30_000

/** What befalls a database now and then: a connection that is ended, a writer from elsewhere that keeps the lock. @returns what stops it */
export function disturb(url: string): () => Promise<void> {
  return url.startsWith('sqlite:') ? keepTheLock(url.replace('sqlite:', '')) : endConnections(url)
}

function keepTheLock(file: string) {
  const database = new sqlite3.Database(file)
  const run = (sql: string) =>
    new Promise<void>((resolve, reject) => database.exec(sql, (error) => (error ? reject(error) : resolve())))
  const timer = setInterval(async () => {
    await run('PRAGMA busy_timeout = 2000; BEGIN IMMEDIATE')
    setTimeout(() => run('ROLLBACK'), 100)
  }, BETWEEN)
  return async () => {
    clearInterval(timer)
    await run('PRAGMA user_version').catch(() => {})
    await new Promise((resolve) => database.close(resolve))
  }
}

function endConnections(url: string) {
  const client = new pg.Client({ connectionString: url })
  const connected = client.connect()
  const timer = setInterval(async () => {
    await connected
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
      ORDER BY random() LIMIT 1`,
    )
  }, BETWEEN)
  return async () => {
    clearInterval(timer)
    await client.end()
  }
}
