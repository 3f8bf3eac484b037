import { Command } from 'commander'
import { takenScopes } from '../identity/scopes/taken-scopes.js'
import { settings } from '../platform/config.js'
import { isAbsent, noDatabase } from '../platform/database/connection.js'
import { migrate, migrationStatus } from '../platform/database/migrate.js'
import { lineOf } from '../process/operator.js'
import { print, printJson, tellOfNew } from './output.js'

export function migrateCommand(): Command {
  return new Command('migrate')
    .description("bring the database to this version's schema")
    .addCommand(new Command('up').description('apply the pending migrations').action(up), { isDefault: true })
    .addCommand(
      new Command('status')
        .description('list what is applied and what is pending; exit code 1 if something is pending')
        .option('--json', 'print JSON')
        .action(status),
    )
}

async function up() {
  const { applied, made } = await migrate(settings().databaseMustExist ? 'refuse' : 'create', takenScopes)
  if (made !== undefined) tellOfNew(made)
  print(applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply')
}

async function status({ json }: { json?: true }) {
  if (isAbsent()) process.stderr.write(`${lineOf(noDatabase())}\n`)
  const found = await migrationStatus()
  if (json) printJson(found)
  else print(`applied: ${found.applied.join(', ') || 'none'}\npending: ${found.pending.join(', ') || 'none'}`)
  if (found.pending.length > 0) process.exitCode = 1
}
