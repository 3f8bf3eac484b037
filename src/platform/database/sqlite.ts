import sqlite3 from 'sqlite3'

/** Milliseconds to wait for the lock of another process. */
const BUSY = 2000

/** How many prepared statements a connection keeps. */
const MOST = 200

/**
 * The statements with which Sequelize begins and ends each transaction. Unprepared, they cost as much as five prepared ones
 * (measured).
 */
const BOUNDS = ['BEGIN IMMEDIATE TRANSACTION;', 'COMMIT;']

/** The connection's settings that durability and parity with PostgreSQL depend on. */
export const SELECT_SETTINGS = `SELECT journal_mode, synchronous, foreign_keys, timeout
  FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys, pragma_busy_timeout`

/**
 * Sequelize 6 runs no hook when it opens a SQLite file, and it opens one for each transaction. So the settings are made and read
 * back here, before anybody has the connection. FULL makes a confirmed write survive a power cut.
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
   * The rows of a statement that is prepared at its first use. It uses `all`, never `get`: `get` stops at its row and leaves the
   * snapshot open, after which every statement of the connection keeps reading old rows (measured).
   * @param values of `$1`, `$2`, … in their order
   */
  rows(statement: string, values: unknown[]): Promise<object[]> {
    const bound = Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value]))
    return new Promise((resolve, reject) => {
      const run = (prepared: sqlite3.Statement) =>
        prepared.all<object>(bound, (error, rows) => (error ? reject(error) : resolve(rows)))
      const kept = this.statements.get(statement)
      if (kept) return run(kept)
      // Without a callback, a statement that cannot be prepared ends the process.
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

  /** For a connection that never opened, the driver keeps the callback for ever, and so everybody who waits for it. */
  override close(callback?: (error: Error | null) => void): void {
    if (this.neverOpened) return void (callback && process.nextTick(callback, null))
    for (const statement of this.statements.values()) statement.finalize()
    super.close(callback)
  }

  /** Removes a statement to make room: one that was prepared twice at once, or the oldest. It finishes its work first. */
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

/** The part that Sequelize's types lack: where its connections come from. */
export interface ConnectionManager {
  connections: Record<string, DurableDatabase & { uuid?: string }>
  getConnection: (options: { uuid?: string }) => Promise<unknown>
  releaseConnection: (connection: DurableDatabase & { uuid?: string }) => void
  destroyConnection: (connection: DurableDatabase & { uuid?: string }) => Promise<void>
}

const IDLE = 'idle writer'

/** Sequelize's name for the connection that it opens by itself. The others have names that no transaction has. */
const DEFAULT = 'default'

/** The name of a connection for only one kind of read. */
export type Lane = `lane ${string}`

/**
 * The lane of reads by key. The driver runs Sequelize's own statements only while nothing else runs on their connection. On the
 * same connection, a steady stream of reads by key would keep them waiting for seconds (measured).
 */
export const READER: Lane = 'lane by key'

/** The lane of pages that an index gives in order. They are short, but longer than reads by key. */
export const PAGES: Lane = 'lane pages'

/** The lane of long reads, one for each that runs at once, because SQLite does one thing at a time on a connection. */
export function longLane(slot: number): Lane {
  return `lane long ${slot}`
}

/**
 * Uses one connection for all transactions of a Sequelize, one after the other. Sequelize itself opens one for each, and SQLite
 * follows the first sync of a connection by one of the folder, so each commit has two syncs (measured). After a failed commit or
 * rollback, Sequelize would leave the connection open, with its lock. Here it is closed. A connection that could not be opened is
 * not kept, and none is handed out before it is open, because statements on such a connection never get an answer.
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
