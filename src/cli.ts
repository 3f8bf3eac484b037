#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { backupCommand } from './commands/backup.js'
import { doctorCommand } from './commands/doctor.js'
import { eventsCommand } from './commands/events.js'
import { keysCommand } from './commands/keys.js'
import { migrateCommand } from './commands/migrate.js'
import { tokenCommand } from './commands/token.js'
import { createSuperuserCommand, userCommand } from './commands/user.js'
import { sequelize } from './platform/database/connection.js'
import { lineOf } from './process/operator.js'

/** Exit codes that scripts rely on: 0, 1 refused, 2 used wrongly. */
const EXIT = { refused: 1, usage: 2 }

const program = new Command('latchkey')
  .description('Tokens for people and programs. Settings come from the environment, see docs/production.md.')
  .addCommand(new Command('serve').description('run the service').action(serve))
  .addCommand(migrateCommand())
  .addCommand(createSuperuserCommand())
  .addCommand(userCommand())
  .addCommand(tokenCommand())
  .addCommand(keysCommand())
  .addCommand(eventsCommand())
  .addCommand(backupCommand())
  .addCommand(doctorCommand())

/** Loaded when it is asked for: the other commands do without the API, and start a sixth sooner (measured). */
async function serve() {
  await (await import('./process/serve.js')).serve()
}

for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
  command.exitOverride()

try {
  await program.parseAsync()
  if (process.argv[2] !== 'serve') await sequelize.close()
} catch (error) {
  // commander has told what is wrong, or printed the help that was asked for.
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : EXIT.usage)
  process.stderr.write(`${lineOf(error)}\n`)
  process.exit(EXIT.refused)
}
