import pg from 'pg'
import sqlite3 from 'sqlite3'

/**
 * The next id of each table of a PostgreSQL becomes that of a SQLite file with the same rows: PostgreSQL alone leaves out an
 * id after an insert that failed.
 */
export class Ids {
  private constructor(
    private readonly sqlite: sqlite3.Database,
    private readonly postgres: pg.Client,
  ) {}

  static async open(file: string, url: string): Promise<Ids> {
    const postgres = new pg.Client({ connectionString: url })
    await postgres.connect()
    return new Ids(new sqlite3.Database(file, sqlite3.OPEN_READONLY), postgres)
  }

  async align(): Promise<void> {
    const rows = await new Promise<{ name: string; seq: number }[]>((resolve, reject) =>
      this.sqlite.all<{ name: string; seq: number }>('SELECT name, seq FROM sqlite_sequence', (error, rows) =>
        error ? reject(error) : resolve(rows),
      ),
    )
    for (const { name, seq } of rows)
      await this.postgres.query("SELECT setval(pg_get_serial_sequence($1, 'id'), $2)", [name, seq])
  }

  async close(): Promise<void> {
    await this.postgres.end()
    await new Promise((resolve) => this.sqlite.close(resolve))
  }
}
