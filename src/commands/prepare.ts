import { config } from '../config.js'
import { closeDefaultConnectionForWrites } from '../database.js'
import { loadKeys, recordFirstKey } from '../keys/key.js'
import { migrate } from '../migrations/index.js'
import { User } from '../users/user.js'

/**
 * What stands before every use of the models: schema, connection settings, server keys.
 * @throws {ConfigError | MigrationError} with a line for the operator
 */
export async function prepare(): Promise<void> {
  await migrate()
  await closeDefaultConnectionForWrites()
  await loadKeys({ mayCreateFile: config.database.dialect === 'sqlite' && (await User.count()) === 0 })
  await recordFirstKey()
}
