import { Command, CommanderError } from 'commander'
import { settings } from '../platform/config.js'
import { VERSION } from '../platform/version.js'
import { EXIT, lineOf } from '../process/operator.js'
import { backupCommand } from './backup.js'
import { doctorCommand } from './doctor.js'
import { eventsCommand } from './events.js'
import { exportCommand } from './export.js'
import { groupCommand } from './group.js'
import { historyCommand } from './history.js'
import { importCommand } from './import.js'
import { keysCommand } from './keys.js'
import { migrateCommand } from './migrate.js'
import { pruneCommand } from './prune.js'
import { scopeCommand } from './scope.js'
import { tokenCommand } from './token.js'
import { createSuperuserCommand, userCommand } from './user.js'

/**
 * Runs what these arguments ask for, and leaves the database open.
 * @returns the exit code; a command that finds something also sets that of the process
 */
export async function run(args: string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' })
    return EXIT.done
  } catch (error) {
    // commander has said what is wrong, or has printed the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    process.stderr.write(`${lineOf(error)}\n`)
    return EXIT.refused
  }
}

function program(): Command {
  const whole = new Command('latchkey')
    .description('Tokens for people and programs. Settings come from the environment; see docs/production.md.')
    .version(VERSION, '--version', 'print the version')
    .addCommand(new Command('serve').description('run the service').action(serve))
    .addCommand(migrateCommand())
    .addCommand(createSuperuserCommand())
    .addCommand(userCommand())
    .addCommand(groupCommand())
    .addCommand(tokenCommand())
    .addCommand(scopeCommand())
    .addCommand(keysCommand())
    .addCommand(eventsCommand())
    .addCommand(historyCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand())
    .addCommand(backupCommand())
    .addCommand(pruneCommand())
    .addCommand(doctorCommand())
  for (const command of [whole, ...whole.commands, ...whole.commands.flatMap(({ commands }) => commands)])
    command.exitOverride()
  return whole
}

/** Loaded only here. The other commands do not need the API, and start a sixth faster without it (measured). */
async function serve() {
  await (await import('../process/serve.js')).serve(settings())
}
