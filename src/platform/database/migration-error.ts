import { databaseName } from './connection.js'
import { unusableFile } from './file.js'
import { isDiskFull } from './reserve.js'

/** The database cannot be brought to this version's schema. The message is for the operator. */
export class MigrationError extends Error {}

/** Errors that the operator can do something about, but for which the database only gives a code. */
export function forOperator(error: unknown) {
  if (error instanceof MigrationError) return error
  const code = codeOf(error)
  if (code === NOT_ALLOWED)
    return new MigrationError(
      `the role of DATABASE_URL may not look at the database (${causeOf(error).message}); docs/production.md has the rights that it needs`,
      { cause: error },
    )
  if (REFUSALS[code]) return new MigrationError(REFUSALS[code], { cause: error })
  return ['SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_PERM', 'SQLITE_IOERR', 'SQLITE_FULL'].includes(code)
    ? unusableFile(databaseName, isDiskFull() ? 'its disk is full; free some of it' : `SQLite says ${code}`)
    : error
}

/** A migration that fails has the database's own error as its cause. */
export function causeOf(error: unknown): Partial<NodeJS.ErrnoException> {
  const { parent, cause } = error as { parent?: Error; cause?: { parent?: Error } }
  return parent ?? cause?.parent ?? {}
}

export function codeOf(error: unknown): string {
  return causeOf(error).code ?? ''
}

/** The SQLSTATE of a missing right. */
export const NOT_ALLOWED = '42501'

const HELD =
  'other sessions have held what has to change for a minute, such as a backup or a long query; nothing was changed, run it again when they are done'

const DAMAGED = 'the database file is damaged; restore it from a backup'

/** By SQLite's name or PostgreSQL's SQLSTATE. */
const REFUSALS: Record<string, string> = {
  SQLITE_CORRUPT: DAMAGED,
  SQLITE_NOTADB: DAMAGED,
  '55P03': HELD,
  '40P01': HELD,
  '3F000':
    'there is no schema to make tables in: the search_path of this user or database names none that is there; name one by schema= in DATABASE_URL',
}
