import { Command } from 'commander'
import { importDjango } from '../imports/import-django.js'
import { readProject } from '../imports/source.js'
import { settings } from '../platform/config.js'
import { COMMAND, EXIT } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { importCsvCommand } from './import-csv.js'
import { printJson } from './output.js'

export function importCommand(): Command {
  return new Command('import')
    .description('bring users, groups, tokens and rows from another service')
    .addCommand(
      new Command('django')
        .description('from a Django project')
        .argument('[source]', 'a SQLite file, a URL of PostgreSQL, a file of dumpdata, or - for standard input')
        .option('--skip-conflicts', 'leave out users whose name somebody has, and bring the others')
        .option('--dry-run', 'tell what would come, and write nothing')
        .option('--json', 'print JSON')
        .action(fromDjango),
    )
    .addCommand(importCsvCommand())
}

async function fromDjango(source: string, options: { skipConflicts?: true; dryRun?: true; json?: true }) {
  await prepare(settings())
  const project = await readProject(source, { tables: [] }, process.stdin)
  const report = await importDjango(project, {
    actor: COMMAND,
    dryRun: options.dryRun === true,
    conflicts: options.skipConflicts ? 'skip' : 'refuse',
    maxAge: settings().tokenMaxAge,
    onPiece: () => 'go on',
  })
  printJson(report)
  if (report.outcome !== 'done') process.exitCode = EXIT.refused
}
