import { execFileSync } from 'node:child_process'
import pg from 'pg'

/** Runs a statement on a database of another process, past every rule of ours. @returns its rows */
export async function sql(url: string, statement: string): Promise<Record<string, unknown>[]> {
  if (url.startsWith('sqlite:')) {
    const script = `const s = require('sqlite3'), d = new s.Database(process.argv[1])
      d.run('PRAGMA busy_timeout = 5000')
      d.all(process.argv[2], (e, rows) => { if (e) throw e; d.close(() => console.log(JSON.stringify(rows ?? []))) })`
    return JSON.parse(
      execFileSync(process.execPath, ['-e', script, url.replace('sqlite:', ''), statement], { encoding: 'utf8' }),
    )
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}
