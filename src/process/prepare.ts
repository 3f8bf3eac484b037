import { User } from '../identity/users/user.js'
import type { Settings } from '../platform/config.js'
import { closeDefaultConnectionForWrites } from '../platform/database/connection.js'
import { migrate } from '../platform/database/migrate.js'
import { loadKeys, recordFirstKey } from '../platform/keys.js'

/**
 * What stands before every use of the models: schema, connection settings, server keys.
 * @throws {ConfigError | MigrationError} with a line for the operator
 */
export async function prepare(settings: Settings): Promise<void> {
  await migrate()
  await closeDefaultConnectionForWrites()
  await loadKeys(settings, { mayCreateFile: settings.database.dialect === 'sqlite' && (await User.count()) === 0 })
  await recordFirstKey()
}
