import { setTimeout as wait } from 'node:timers/promises'
import { QueryTypes, type Sequelize, Transaction } from 'sequelize'
import {
  connectForMigrations,
  databaseName,
  isAbsent,
  isSqlite,
  sequelize as mainSequelize,
  noDatabase,
  type WhenAbsent,
} from './connection.js'
import { causeOf, codeOf, forOperator, MigrationError, NOT_ALLOWED } from './migration-error.js'
import { type Context, contextOf } from './migrations/context.js'
import { HISTORY } from './migrations/history.js'
import { giveUpIfFull } from './reserve.js'
import { lockKey, schema, table } from './tables.js'

const MIGRATIONS = table('migrations')

/**
 * Milliseconds: how long a migration waits for a lock on PostgreSQL before it undoes everything, and how long until it tries
 * again. Later statements queue behind a waiting migration, so a long query or a pg_dump on one table would stop every node.
 */
const LOCK = { wait: 1000, pause: 1000 }

const STATEMENTS = {
  lock: `SELECT pg_try_advisory_xact_lock(${lockKey('latchkey')}) AS mine`,
  hurry: `SELECT set_config('lock_timeout', '${LOCK.wait}', true)`,
  find: `SELECT to_regclass('${MIGRATIONS}') IS NOT NULL AS found`,
  list: `SELECT name FROM ${MIGRATIONS} ORDER BY name`,
  make: `CREATE TABLE IF NOT EXISTS ${MIGRATIONS} (name VARCHAR(255) PRIMARY KEY)`,
  add: `INSERT INTO ${MIGRATIONS} (name) VALUES ($name)`,
}

/** Seconds to wait for another process that is migrating, or that holds what has to change. */
const PATIENCE = 60

/** The SQLSTATEs of this case, and of a deadlock with a serving node. */
const IN_THE_WAY = ['55P03', '40P01']

export interface Migrated {
  /** The names of the migrations that were applied now. */
  applied: string[]
  /** The database, if it is new. */
  made?: string
}

/**
 * Checks a database before it is changed.
 * @returns why it must not be changed, as a line for the operator
 */
export type Doubt = (context: Context, applied: readonly string[]) => Promise<string | undefined>

/**
 * Brings the database to this version's schema, completely or not at all. One process does so at a time.
 * @param whenAbsent also for an empty PostgreSQL database
 * @param doubt is asked first, even if nothing is pending
 * @throws {MigrationError} if the database is damaged, was written by a newer version, or there is a doubt
 * @throws {ConfigError} if the SQLite file cannot be used, or if there is no database and none may be made
 */
export function migrate(whenAbsent: WhenAbsent, doubt: Doubt): Promise<Migrated> {
  giveUpIfFull()
  return inOneTransaction(whenAbsent, async (applied, sequelize, transaction) => {
    const context = contextOf(isSqlite ? 'sqlite' : 'postgres', async (statement, bind) => {
      const [rows] = await sequelize.query(statement, { bind, transaction })
      return rows as never
    })
    const reason = await doubt(context, applied)
    if (reason) throw new MigrationError(reason)
    const pending = pendingAfter(applied)
    if (pending.length === 0) return { applied: [] }
    if (applied.length === 0 && whenAbsent === 'refuse') throw noDatabase()
    try {
      await makeSchema(context)
      for (const name of pending) await apply(name, context)
      await requireOwnSchema(context)
      return applied.length === 0 ? { applied: pending, made: databaseName } : { applied: pending }
    } catch (error) {
      if (codeOf(error) !== NOT_ALLOWED) throw error
      throw new MigrationError(
        `${pending.join(', ')} must be applied first, and this role may not do it (${causeOf(error).message}): run \`latchkey migrate\` once with the DATABASE_URL of the role that owns the tables`,
        { cause: error },
      )
    }
  })
}

/** @throws {Error} that names the migration, with the database's own error as its cause */
async function apply(name: string, context: Context) {
  try {
    await (await HISTORY[name]!()).up(context)
    await context.run(STATEMENTS.make)
    await context.run(STATEMENTS.add, { name })
  } catch (cause) {
    throw new Error(`the migration ${name} failed: ${(cause as Error).message}`, { cause })
  }
}

/** What a start would do. This does nothing itself. */
export async function migrationStatus(): Promise<{ applied: string[]; pending: string[] }> {
  if (isAbsent()) return { applied: [], pending: pendingAfter([]) }
  return inOneTransaction('refuse', async (applied) => ({ applied, pending: pendingAfter(applied) }))
}

/**
 * As `migrationStatus`, but waits for nobody, locks nothing, and needs only the right to read.
 * @returns also the migrations of a newer version
 */
export async function schemaState(): Promise<{ applied: string[]; pending: string[]; unknown: string[] }> {
  try {
    const applied = await appliedNames(mainSequelize)
    return { applied, pending: pendingAfter(applied), unknown: applied.filter((name) => !(name in HISTORY)) }
  } catch (error) {
    throw forOperator(error)
  }
}

function pendingAfter(applied: string[]): string[] {
  return Object.keys(HISTORY).filter((name) => !applied.includes(name))
}

async function inOneTransaction<Result>(
  whenAbsent: WhenAbsent,
  use: (applied: string[], sequelize: Sequelize, transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const sequelize = await connectForMigrations(whenAbsent)
  // SQLite makes its files at its first statement. The mask makes them private to their owner.
  const mask = process.umask(0o077)
  try {
    return await unhindered(() =>
      sequelize.transaction({ type: Transaction.TYPES.IMMEDIATE }, async (transaction) => {
        await lock(sequelize, transaction)
        const applied = await appliedNames(sequelize, transaction)
        const unknown = applied.filter((name) => !(name in HISTORY))
        if (unknown.length > 0)
          throw new MigrationError(`the database was written by a newer version of latchkey (${unknown.join(', ')})`)
        return await use(applied, sequelize, transaction)
      }),
    )
  } catch (error) {
    throw forOperator(error)
  } finally {
    await sequelize.close()
    process.umask(mask)
  }
}

/** Tries again while other sessions hold what is needed. Each failed attempt is undone completely. */
async function unhindered<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (const end = performance.now() + PATIENCE * 1000; ; await wait(LOCK.pause))
    try {
      return await attempt()
    } catch (error) {
      if (!IN_THE_WAY.includes(codeOf(error)) || performance.now() > end) throw error
    }
}

/** Looks first, because a role without the right to make a schema is refused even if it exists. */
async function makeSchema({ rows, run }: Context) {
  if (schema === undefined) return
  const [found] = await rows<{ found: boolean }>(`SELECT to_regnamespace('"${schema}"') IS NOT NULL AS found`)
  if (!found!.found) await run(`CREATE SCHEMA "${schema}"`)
}

/** A migration of your own that names its table without `table` would make it in the first schema of the search path. */
async function requireOwnSchema({ rows }: Context) {
  if (schema === undefined) return
  const [stray] = await rows<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace <> to_regnamespace('"${schema}"')
       AND xmin::text::bigint = txid_current() % 4294967296`,
  )
  if (stray)
    throw new MigrationError(
      `a migration made ${stray.name} outside the schema ${schema}: it must name it by \`table\``,
    )
}

/** SQLite's immediate transaction is the lock. On PostgreSQL it polls, because the lock timeout would end a wait. */
async function lock(sequelize: Sequelize, transaction: Transaction) {
  if (isSqlite) return
  for (const end = performance.now() + PATIENCE * 1000; ; await wait(100)) {
    const [row] = await sequelize.query<{ mine: boolean }>(STATEMENTS.lock, {
      transaction,
      type: QueryTypes.SELECT,
    })
    if (row?.mine) break
    if (performance.now() > end) throw new MigrationError(`another process has been migrating for ${PATIENCE} s`)
  }
  await sequelize.query(STATEMENTS.hurry, { transaction })
}

async function appliedNames(sequelize: Sequelize, transaction?: Transaction): Promise<string[]> {
  if (!(await isMigrated(sequelize, transaction))) return []
  const rows = await sequelize.query<{ name: string }>(STATEMENTS.list, {
    transaction,
    type: QueryTypes.SELECT,
  })
  return rows.map(({ name }) => name)
}

/** Uses the search path, as every other statement does. Sequelize's own check only looks into the schema `public`. */
async function isMigrated(sequelize: Sequelize, transaction?: Transaction): Promise<boolean> {
  if (isSqlite) return sequelize.getQueryInterface().tableExists('migrations', { transaction })
  const options = { transaction, type: QueryTypes.SELECT } as const
  const [row] = await sequelize.query<{ found: boolean }>(STATEMENTS.find, options)
  return row!.found
}
