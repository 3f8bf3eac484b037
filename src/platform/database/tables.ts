import { settings } from '../config.js'

const { database } = settings()

/** Where all tables are, if the URL of PostgreSQL says it. */
export const schema = database.dialect === 'postgres' ? database.schema : undefined

/**
 * A table as a statement names it. Never by a search path: behind a pooler that is whatever the client before has set, and an operator
 * of one service may set it for all of a database.
 */
export function table(name: string): string {
  return schema === undefined ? name : `"${schema}"."${name}"`
}

/** The expression of a key for advisory locks, which are the whole database's: services beside each other have others. */
export function lockKey(purpose: string): string {
  return `hashtext('${schema === undefined ? purpose : `${purpose} in ${schema}`}')`
}
