import { settings } from '../config.js'

const { database } = settings()

/** The schema of all tables, if the PostgreSQL URL has one. */
export const schema = database.dialect === 'postgres' ? database.schema : undefined

/**
 * The name of a table in a statement. It never relies on a search path. Behind a pooler, that is whatever the client before has
 * set, and an operator of one service may set it for the whole database.
 */
export function table(name: string): string {
  return schema === undefined ? name : `"${schema}"."${name}"`
}

/**
 * The expression of a key for advisory locks. These are shared by the whole database, so services next to each other need
 * different keys.
 */
export function lockKey(purpose: string): string {
  return `hashtext('${schema === undefined ? purpose : `${purpose} in ${schema}`}')`
}
