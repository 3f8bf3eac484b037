import sqlite3 from 'sqlite3'

/** Milliseconds that a connection waits for another process's lock. */
const BUSY = 2000

/** Prepared statements that a connection keeps. */
const MOST = 200

/** What Sequelize begins and ends each transaction by. Unprepared they cost as much as five statements that are (measured). */
const BOUNDS = ['BEGIN IMMEDIATE TRANSACTION;', 'COMMIT;']

/** The settings that durability and parity with PostgreSQL rest on, as the connection has them. */
export const SELECT_SETTINGS = `SELECT journal_mode, synchronous, foreign_keys, timeout
  FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys, pragma_busy_timeout`

/**
 * Sequelize 6 runs no hook when it opens a SQLite file, and it opens one for each transaction: the settings are made
 * and read back here, before anybody has the connection. FULL, so that an acknowledged write survives a power cut.
 */
export class DurableDatabase extends sqlite3.Database {
  private readonly statements = new Map<string, sqlite3.Statement>()
  private neverOpened = false

  constructor(file: string, mode: number, opened: (this: sqlite3.Database, error: Error | null) => void) {
    super(file, mode, (error) => {
      this.neverOpened = error !== null
      if (error) return opened.call(this, error)
      this.exec(
        `PRAGMA busy_timeout = ${BUSY}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 200000000; PRAGMA trusted_schema = OFF`,
        (failed) => (failed ? this.give(opened, failed) : this.readBack(opened)),
      )
    })
  }

  /**
   * Rows of a statement that is prepared at its first use. By `all`, never `get`: `get` stops at its row and leaves the
   * snapshot open, after which every statement of the connection goes on reading old rows (measured).
   * @param values of `$1`, `$2`, … in their order
   */
  rows(statement: string, values: unknown[]): Promise<object[]> {
    const bound = Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value]))
    return new Promise((resolve, reject) => {
      const run = (prepared: sqlite3.Statement) =>
        prepared.all<object>(bound, (error, rows) => (error ? reject(error) : resolve(rows)))
      const kept = this.statements.get(statement)
      if (kept) return run(kept)
      // Without a function to tell, a statement that cannot be prepared ends the process.
      const fresh = this.prepare(statement, (error: Error | null) => {
        if (error) return reject(error)
        run(fresh)
        this.keep(statement, fresh)
      })
    })
  }

  override all(statement: string, ...rest: unknown[]): this {
    const told = rest.at(-1)
    if (!BOUNDS.includes(statement) || typeof told !== 'function') return super.all(statement, ...rest)
    void this.rows(statement, []).then(
      (rows) => told(null, rows),
      (error) => told(error),
    )
    return this
  }

  /** Of a connection that never opened the driver keeps the callback for ever, and with it whoever waits. */
  override close(callback?: (error: Error | null) => void): void {
    if (this.neverOpened) return void (callback && process.nextTick(callback, null))
    for (const statement of this.statements.values()) statement.finalize()
    super.close(callback)
  }

  /** Makes room: for one that was prepared twice at once, or the oldest. What a statement still has to do comes first. */
  private keep(statement: string, prepared: sqlite3.Statement) {
    const [oldest] = this.statements.keys()
    const surplus = this.statements.has(statement) || this.statements.size < MOST ? statement : oldest!
    this.statements.get(surplus)?.finalize()
    this.statements.delete(surplus)
    this.statements.set(statement, prepared)
  }

  private readBack(opened: (this: sqlite3.Database, error: Error | null) => void) {
    const wanted = { journal_mode: 'wal', synchronous: 2, foreign_keys: 1, timeout: BUSY }
    this.get(SELECT_SETTINGS, (error, found) => {
      const settled = !error && JSON.stringify(found) === JSON.stringify(wanted)
      const failure = error ?? new Error(`SQLite did not take its settings: ${JSON.stringify(found)}`)
      this.give(opened, settled ? null : failure)
    })
  }

  private give(opened: (this: sqlite3.Database, error: Error | null) => void, failure: Error | null) {
    if (failure) this.close()
    opened.call(this, failure)
  }
}

/** What Sequelize's types do not tell of where its connections come from. */
export interface ConnectionManager {
  connections: Record<string, DurableDatabase & { uuid?: string }>
  getConnection: (options: { uuid?: string }) => Promise<unknown>
  releaseConnection: (connection: DurableDatabase & { uuid?: string }) => void
  destroyConnection: (connection: DurableDatabase & { uuid?: string }) => Promise<void>
}

const IDLE = 'idle writer'

/** What Sequelize calls the connection that it opens by itself; the others have names that no transaction has. */
const DEFAULT = 'default'

/** The name of a connection that is used for one kind of read alone. */
export type Lane = `lane ${string}`

/**
 * The lane of reads by key. On one connection with Sequelize's own statements, which the driver runs only while nothing else
 * is running, a steady stream of them would keep those waiting for seconds (measured).
 */
export const READER: Lane = 'lane by key'

/** The lane of pages that an index gives in order: they are short, but longer than reads by key. */
export const PAGES: Lane = 'lane pages'

/** The lane of reads at length, one for each that runs at once, because SQLite does one thing at a time on a connection. */
export function longLane(slot: number): Lane {
  return `lane long ${slot}`
}

/**
 * One connection for all transactions of a Sequelize, which come one after the other. By itself it opens one for each, and
 * SQLite follows the first sync of a connection by one of the folder: two syncs for each commit (measured). After a failed
 * commit or rollback Sequelize would leave it open, with its lock; it is closed. Nor is one kept that could not be opened,
 * or handed out before it is: what is asked of such a connection is never answered.
 */
export function keepConnections(manager: ConnectionManager): void {
  const { connections } = manager
  const open = manager.getConnection.bind(manager)
  const opening = new Map<string, Promise<unknown>>()
  const idle = () => connections[IDLE]
  manager.getConnection = async (options) => {
    const { uuid = DEFAULT } = options
    const writer = idle()
    if (writer && uuid !== DEFAULT && !uuid.startsWith('lane ') && !connections[uuid]) {
      delete connections[IDLE]
      connections[uuid] = writer
    }
    if (connections[uuid] && !opening.has(uuid)) return open(options)
    const opened = opening.get(uuid) ?? open(options)
    opening.set(uuid, opened)
    try {
      return await opened
    } catch (error) {
      delete connections[uuid]
      throw error
    } finally {
      opening.delete(uuid)
    }
  }
  manager.releaseConnection = (connection) => {
    if (!connection.uuid) return
    delete connections[connection.uuid]
    if (idle()) connection.close()
    else connections[IDLE] = connection
  }
  manager.destroyConnection = async (connection) => {
    if (connection.uuid) delete connections[connection.uuid]
    connection.close()
  }
}
