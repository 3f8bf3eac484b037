import { randomUUID } from 'node:crypto'
import { select, sequelize } from './connection.js'
import { PREPARED, statementFacts } from './postgres.js'
import { schema as schemaOfUrl } from './tables.js'

// Facts about a PostgreSQL server for an operator. Nothing here changes anything.

/** What the server says about itself and about the role of this process. */
export interface ServerFacts {
  version: string
  database: string
  bytes: number
  encoding: string
  role: string
  isSuperuser: boolean
  standby: boolean
  /** The schema of new tables: that of the URL, or else the first existing one of the search path. */
  schema: string | null
  /** Settings that must not be `off`, because a crash could then lose a confirmed write. */
  durability: Record<'fsync' | 'full_page_writes' | 'synchronous_commit', string>
  /** The most connections of this role, and the open connections of everybody. */
  mostConnections: number
  connections: number
}

export async function serverFacts(): Promise<ServerFacts> {
  const [row] = await select<ServerFacts & Record<'most' | 'reserved' | 'of_role' | 'of_database', number>>(FACTS)
  const { most, reserved, of_role: ofRole, of_database: ofDatabase, ...facts } = row!
  const bounds = [most - (facts.isSuperuser ? 0 : reserved), ofRole, ofDatabase].filter((bound) => bound >= 0)
  return {
    ...facts,
    schema: schemaOfUrl ?? facts.schema,
    bytes: Number(facts.bytes),
    mostConnections: Math.min(...bounds),
  }
}

const FACTS = `SELECT current_setting('server_version') AS version, current_database() AS database,
    pg_database_size(current_database()) AS bytes, pg_encoding_to_char(database.encoding) AS encoding,
    current_user AS role, role.rolsuper AS "isSuperuser", pg_is_in_recovery() AS standby, current_schema() AS schema,
    json_build_object('fsync', current_setting('fsync'), 'full_page_writes', current_setting('full_page_writes'),
      'synchronous_commit', current_setting('synchronous_commit')) AS durability,
    CAST(current_setting('max_connections') AS INTEGER) AS most,
    CAST(current_setting('superuser_reserved_connections') AS INTEGER)
      + COALESCE(CAST(current_setting('reserved_connections', true) AS INTEGER), 0) AS reserved,
    role.rolconnlimit AS of_role, database.datconnlimit AS of_database,
    (SELECT CAST(count(*) AS INTEGER) FROM pg_stat_activity WHERE datname IS NOT NULL) AS connections
  FROM pg_roles AS role, pg_database AS database
  WHERE role.rolname = current_user AND database.datname = current_database()`

/** The most connections of this process. */
export function poolSize(): number {
  return (sequelize as unknown as { options: { pool: { max: number } } }).options.pool.max
}

/** What this role may do with a table. */
export interface TableRights {
  name: string
  schema: string
  isOwner: boolean
  /** The missing ones of SELECT, INSERT, UPDATE and DELETE, and of USAGE and UPDATE on the counter of its ids, if it has one. */
  lacking: string[]
  counter: string | null
  lackingOfCounter: string[]
}

/** @param names of tables, as statements name them. Tables that do not exist are left out */
export async function rightsOnTables(names: string[]): Promise<TableRights[]> {
  return select<TableRights>(RIGHTS, [JSON.stringify(names)])
}

const lacking = (check: string, object: string, rights: string[]) =>
  `array_remove(ARRAY[${rights.map((right) => `CASE WHEN NOT ${check}(${object}, '${right}') THEN '${right}' END`)}], NULL)`

const RIGHTS = `SELECT class.relname AS name, space.nspname AS schema,
    pg_has_role(current_user, class.relowner, 'USAGE') AS "isOwner",
    ${lacking('has_table_privilege', 'class.oid', ['SELECT', 'INSERT', 'UPDATE', 'DELETE'])} AS lacking,
    counter.relname AS counter,
    CASE WHEN counter.oid IS NULL THEN ARRAY[]::text[]
      ELSE ${lacking('has_sequence_privilege', 'counter.oid', ['USAGE', 'UPDATE'])} END AS "lackingOfCounter"
  FROM json_array_elements_text(CAST($1 AS JSON)) AS given (name)
    JOIN pg_class AS class ON class.oid = to_regclass(given.name)
    JOIN pg_namespace AS space ON space.oid = class.relnamespace
    LEFT JOIN LATERAL (SELECT sequence.oid, sequence.relname FROM pg_depend AS link JOIN pg_class AS sequence ON sequence.oid = link.objid
      WHERE link.refobjid = class.oid AND link.classid = CAST('pg_class' AS REGCLASS) AND link.deptype = 'i' AND sequence.relkind = 'S'
    ) AS counter ON TRUE
  ORDER BY class.relname`

/** A node that is connected to this database under our name. The connection that asks is left out. */
export interface ConnectedNode {
  /** `latchkey/<version>`, or `latchkey` alone in older versions. */
  application: string
  /** Nothing for a Unix socket, or if this role may not see it. */
  address: string | null
  connections: number
}

export async function connectedNodes(): Promise<ConnectedNode[]> {
  return select<ConnectedNode>(NODES)
}

const NODES = `SELECT application_name AS application, host(client_addr) AS address, CAST(count(*) AS INTEGER) AS connections
  FROM pg_stat_activity
  WHERE datname = current_database() AND (application_name = 'latchkey' OR application_name LIKE 'latchkey/%')
    AND pid <> pg_backend_pid()
  GROUP BY 1, 2 ORDER BY 1, 2`

export interface PoolerFacts {
  /**
   * What is between this process and the server: nothing, or a pooler that gives clients a server connection for a session, a
   * transaction or a statement.
   */
  mode: 'none' | 'session' | 'transaction' | 'statement'
  /** Whether prepared statements keep their names. */
  hasNames: boolean
  /** Whether the timeouts belong to each connection, or to each transaction because the pooler does not pass them on. */
  settingsOf: 'connection' | 'transaction'
}

interface Client {
  /** The process id that the other side gave at the start, for cancelling statements. */
  processID: number
  query: (query: string | { name: string; text: string; values: [] }) => Promise<{ rows: { pid: number }[] }>
}

/** How many attempts are made, because others may be using the pooler at the same moment. */
const ROUNDS = 3

/**
 * Finds out whether there is a pooler. A server tells each client the id of its own process. A pooler cannot, because its servers
 * change. If a second client gets the server of the first one in a transaction, servers do not stay with sessions.
 */
export async function poolerFacts(): Promise<PoolerFacts> {
  const manager = sequelize.connectionManager as unknown as {
    getConnection: (options: { type: string }) => Promise<Client>
    destroyConnection: (client: Client) => Promise<void>
  }
  const one = await manager.getConnection({ type: 'SELECT' })
  const other = await manager.getConnection({ type: 'SELECT' })
  try {
    const mode = one.processID === (await namedLook(one)) ? 'none' : await modeOf(one, other)
    return { mode, ...statementFacts() }
  } finally {
    // Nobody else gets these connections, whatever state they are in.
    for (const client of [one, other]) await manager.destroyConnection(client).catch(() => {})
  }
}

async function modeOf(one: Client, other: Client): Promise<PoolerFacts['mode']> {
  for (let round = 0; round < ROUNDS; round++) {
    const before = await namedLook(one)
    try {
      await other.query('BEGIN')
    } catch {
      return 'statement'
    }
    const { rows } = await other.query(SERVER)
    // The same name on another server shows whether the pooler keeps names.
    const after = await namedLook(one)
    await other.query('COMMIT')
    if (rows[0]!.pid === before || after !== before) return 'transaction'
  }
  return 'session'
}

const SERVER = 'SELECT pg_backend_pid() AS pid'

/** A statement that no server knows yet, not even from another doctor. */
const OWN = `${SERVER} -- ${randomUUID()}`

/** Outside a transaction, a name that fails is tried again without a name. */
async function namedLook(client: Client): Promise<number> {
  const { rows } = await client.query({ name: PREPARED, text: OWN, values: [] })
  return rows[0]!.pid
}
