import { isAbsent, isSqlite, noDatabase, readSettings, select } from '../platform/database/connection.js'
import { schemaState } from '../platform/database/migrate.js'
import { allTables } from '../platform/database/rights.js'
import {
  type PoolerFacts,
  poolerFacts,
  rightsOnTables,
  type ServerFacts,
  serverFacts,
  type TableRights,
} from '../platform/database/server-facts.js'
import { type Finding, fail, ok, warn } from './doctor-finding.js'

/** The table that is only read. */
const READ_ONLY = 'migrations'

/** Whether it can be reached, and what it is. */
export async function findingsOfDatabase(): Promise<Finding[]> {
  if (isSqlite) {
    if (isAbsent()) throw noDatabase()
    // SQLite says its version without looking into the file, so the schema is read first.
    await schemaState()
    const [row] = await select<{ version: string }>('SELECT sqlite_version() AS version')
    return [ok(`SQLite ${row!.version}`)]
  }
  const facts = await serverFacts()
  const { version, database, role, schema, bytes } = facts
  const what = `PostgreSQL ${version}, database ${database} of ${Math.ceil(bytes / 1_000_000)} MB, schema ${schema ?? 'none'}, role ${role}`
  return [ok(what), ...problemsOf(facts)]
}

function problemsOf({ standby, encoding, schema, isSuperuser, role, durability }: ServerFacts): Finding[] {
  const weak = Object.entries(durability).filter(([, value]) => value === 'off')
  const found: Finding[] = []
  if (standby)
    found.push(
      fail('the server is a standby: it is in recovery, and its rows may be old', 'name the primary in DATABASE_URL'),
    )
  if (encoding !== 'UTF8')
    found.push(
      fail(
        `the database is in ${encoding}, which cannot keep every name`,
        "create one with ENCODING 'UTF8', and restore into it",
      ),
    )
  if (schema === null)
    found.push(
      fail(
        'the search path of this role names no schema that exists',
        'create the schema, and name it with schema= in DATABASE_URL',
      ),
    )
  if (isSuperuser)
    found.push(
      warn(
        `${role} is a superuser of PostgreSQL: anybody who gets DATABASE_URL owns the server`,
        'use a separate role with SELECT, INSERT, UPDATE and DELETE on these tables',
      ),
    )
  if (weak.length > 0)
    found.push(
      warn(
        `${weak.map(([name]) => name).join(' and ')} off: a crash may undo what was confirmed to clients, even a revocation`,
        'set it to on with ALTER SYSTEM or ALTER DATABASE … SET',
      ),
    )
  return found
}

/** The settings that the open connections have, read back. */
export async function findingsOfTimeouts(): Promise<Finding[]> {
  const found = await readSettings()
  const text = Object.entries(found)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
  const none = Object.keys(found).filter((name) => name.endsWith('_timeout') && found[name] === 0)
  if (none.length === 0) return [ok(text)]
  return [
    fail(
      `${text}: ${none.join(' and ')} did not take effect, so a statement may run for ever`,
      'look at the pooler in between: it accepts them neither from a connection nor from a transaction',
    ),
  ]
}

export async function findingsOfPooler(): Promise<Finding[]> {
  if (isSqlite) return []
  const { mode, hasNames, settingsOf } = await poolerFacts()
  const said = `${BETWEEN[mode]}${settingsOf === 'transaction' ? '; it does not pass timeouts on, so each write sets its own, and a read has only the 3.5 s of this process' : ''}`
  if (mode === 'statement')
    return [fail(said, 'set pool_mode to transaction: a write is several statements, all or none')]
  if (mode === 'none' || hasNames) return [ok(said)]
  return [
    warn(
      `${said}; statements lose their names, so the server parses each of them again`,
      'use PgBouncer 1.21 or later with max_prepared_statements = 200, which keeps them',
    ),
  ]
}

const BETWEEN: Record<PoolerFacts['mode'], string> = {
  none: 'none: each connection has a server process of its own',
  session: 'one in session mode: each connection keeps its server process as long as it is open',
  transaction: 'one in transaction mode: connections share server processes',
  statement: 'one in statement mode',
}

/** The rights that this role needs and lacks, and whether it owns the tables. */
export async function findingsOfRights(): Promise<Finding[]> {
  if (isSqlite) return []
  // This loads all models, also those of your own resources.
  await import('../http/resources.js')
  const tables = await rightsOnTables(allTables())
  const facts = await serverFacts()
  return [ownership(tables, facts), ...lackingRights(tables, facts), ...otherPlaces(tables, facts)]
}

function ownership(tables: TableRights[], { role }: ServerFacts): Finding {
  const where = `the ${tables.length} tables in ${spacesOf(tables).join(', ')}`
  return ok(
    tables.every(({ isOwner }) => isOwner)
      ? `${role} owns ${where}: it may migrate and drop them`
      : `${role} does not own ${where}: run latchkey migrate as the owner`,
  )
}

function lackingRights(tables: TableRights[], { role }: ServerFacts): Finding[] {
  const grant = (rights: string, what: string) =>
    `run as the owner: GRANT ${rights} ON ALL ${what} IN SCHEMA "${tables[0]!.schema}" TO "${role}"`
  const found: Finding[] = []
  const lacking = tables.filter(({ name, lacking: rights }) =>
    name === READ_ONLY ? rights.includes('SELECT') : rights.length > 0,
  )
  if (lacking.length > 0)
    found.push(
      fail(
        `${role} lacks ${lacking.map(({ name, lacking: rights }) => `${rights.join(', ')} on ${name}`).join('; ')}`,
        grant('SELECT, INSERT, UPDATE, DELETE', 'TABLES'),
      ),
    )
  const counters = tables.filter(({ lackingOfCounter }) => lackingOfCounter.length > 0)
  if (counters.length > 0)
    found.push(
      warn(
        `${role} lacks ${counters.map(({ counter, lackingOfCounter }) => `${lackingOfCounter.join(', ')} on ${counter}`).join('; ')}: latchkey import is refused`,
        grant('USAGE, SELECT, UPDATE', 'SEQUENCES'),
      ),
    )
  return found
}

function otherPlaces(tables: TableRights[], { schema }: ServerFacts): Finding[] {
  const spaces = spacesOf(tables)
  if (spaces.length === 1 && spaces[0] === schema) return []
  return [
    warn(
      `the tables are in ${spaces.join(' and ')}, and new ones would be made in ${schema}`,
      'name the schema with schema= in DATABASE_URL',
    ),
  ]
}

function spacesOf(tables: TableRights[]): string[] {
  return [...new Set(tables.map(({ schema }) => schema))]
}
