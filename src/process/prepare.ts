import { User } from '../identity/users/user.js'
import type { Settings } from '../platform/config.js'
import { closeDefaultConnectionForWrites, type WhenAbsent } from '../platform/database/connection.js'
import { migrate } from '../platform/database/migrate.js'
import { loadKeys, recordFirstKey } from '../platform/keys.js'

/**
 * What stands before every use of the models: schema, connection settings, server keys.
 * @param whenAbsent what a setting may forbid
 * @returns the database's name when it was made now
 * @throws {ConfigError | MigrationError} with a line for the operator
 */
export async function prepare(settings: Settings, whenAbsent: WhenAbsent = 'refuse'): Promise<string | undefined> {
  const { made } = await migrate(settings.databaseMustExist ? 'refuse' : whenAbsent)
  await closeDefaultConnectionForWrites()
  await loadKeys(settings, { mayCreateFile: settings.database.dialect === 'sqlite' && (await User.count()) === 0 })
  await recordFirstKey()
  return made
}
