import { Command } from 'commander'
import { migrate, migrationStatus } from '../platform/database/migrate.js'
import { print, printJson } from './output.js'

export function migrateCommand(): Command {
  return new Command('migrate')
    .description("bring the database to this version's schema")
    .addCommand(new Command('up').description('apply what is pending').action(up), { isDefault: true })
    .addCommand(
      new Command('status')
        .description('tell what is applied and what is pending; exit code 1 when something is')
        .option('--json', 'print JSON')
        .action(status),
    )
}

async function up() {
  const applied = await migrate()
  print(applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply')
}

async function status({ json }: { json?: true }) {
  const found = await migrationStatus()
  if (json) printJson(found)
  else print(`applied: ${found.applied.join(', ') || 'none'}\npending: ${found.pending.join(', ') || 'none'}`)
  if (found.pending.length > 0) process.exitCode = 1
}
