import { takenScopes } from '../identity/scopes/taken-scopes.js'
import { User } from '../identity/users/user.js'
import type { Settings } from '../platform/config.js'
import { closeDefaultConnectionForWrites, noDatabase, type WhenAbsent } from '../platform/database/connection.js'
import { migrate, migrationStatus } from '../platform/database/migrate.js'
import { loadKeys, recordFirstKey } from '../platform/keys.js'

/**
 * Prepares everything that the models need: schema, connection settings, server keys.
 * @param whenAbsent a setting may forbid to make a database
 * @returns the database's name if it was made now
 * @throws {ConfigError | MigrationError} with a line for the operator
 */
export async function prepare(settings: Settings, whenAbsent: WhenAbsent = 'refuse'): Promise<string | undefined> {
  const { made } = await migrate(settings.databaseMustExist ? 'refuse' : whenAbsent, takenScopes)
  await prepareUse(settings)
  return made
}

/**
 * As `prepare`, for work that must be done before migrations may run. The schema stays as it is.
 * @returns the migrations that it has
 * @throws {ConfigError | MigrationError} with a line for the operator, also if there is no schema yet
 */
export async function prepareAsItIs(settings: Settings): Promise<readonly string[]> {
  const { applied } = await migrationStatus()
  if (applied.length === 0) throw noDatabase()
  await prepareUse(settings)
  return applied
}

async function prepareUse(settings: Settings) {
  await closeDefaultConnectionForWrites()
  await loadKeys(settings, { mayCreateFile: settings.database.dialect === 'sqlite' && (await User.count()) === 0 })
  await recordFirstKey()
}
