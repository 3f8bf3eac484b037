import { ConfigError } from '../config-error.js'
import { isSqlite, select, sequelize } from './connection.js'
import { table } from './tables.js'

/** Tables without a model. */
const OTHERS = ['migrations', 'rate_windows', 'throttle']

const LACKING = `SELECT relname AS name, quote_ident(relnamespace::regnamespace::text) AS schema, quote_ident(current_user) AS role
  FROM pg_class WHERE oid IN (SELECT to_regclass(name) FROM unnest(CAST($names AS TEXT[])) AS name)
    AND NOT (${['SELECT', 'INSERT', 'UPDATE', 'DELETE'].map((right) => `has_table_privilege(oid, '${right}')`).join(' AND ')})
  ORDER BY relname`

/**
 * Checks that the service's role has the rights on its tables that the service needs, which are only to read and write rows.
 * @throws {ConfigError} with the statement that gives it the rights
 */
export async function requireRights(): Promise<void> {
  if (isSqlite) return
  const lacking = await select<{ name: string; schema: string; role: string }>(LACKING, { names: allTables() })
  const [first] = lacking
  if (first)
    throw new ConfigError(
      `DATABASE_URL: the role ${first.role} has not all rights on ${lacking.map(({ name }) => name).join(', ')}; run as their owner: ${grantOf(first)}`,
    )
}

/** The names of all known tables, for statements: those of loaded models, and the others. */
export function allTables(): string[] {
  return [...Object.values(sequelize.models).map(({ tableName }) => tableName), ...OTHERS].map(table)
}

function grantOf({ schema, role }: { schema: string; role: string }): string {
  return `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`
}
