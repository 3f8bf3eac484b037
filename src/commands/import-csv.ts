import { createReadStream } from 'node:fs'
import { Command } from 'commander'
import type { DocumentedResource } from '../http/resources.js'
import { importGroups } from '../imports/csv-groups.js'
import type { CsvReport } from '../imports/csv-report.js'
import { importRows } from '../imports/csv-rows.js'
import { importUsers } from '../imports/csv-users.js'
import { settings } from '../platform/config.js'
import { COMMAND, EXIT } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { print, printJson } from './output.js'

const NEXT =
  'They have no passwords yet. `latchkey user password NAME` sets one, and so does the admin site. New groups have no scopes.'

/** How many lines of a file a sentence names at most. */
const NAMED = 10

interface Options {
  resource?: string
  skipConflicts?: true
  dryRun?: true
  json?: true
}

export function importCsvCommand(): Command {
  return new Command('csv')
    .description(
      'import users without passwords, groups, or the rows of a resource; rows that are here already never change',
    )
    .argument(
      '<file>',
      'CSV whose first line names the columns, or JSON Lines, as `latchkey export` writes them; - means standard input',
    )
    .option('--resource <name>', 'import rows of this resource, or groups, instead of users')
    .option('--skip-conflicts', 'leave out lines whose key or name is here with other values')
    .option('--dry-run', 'say what would be imported, and write nothing')
    .option('--json', 'print JSON')
    .action(fromCsv)
}

async function fromCsv(file: string, { resource, skipConflicts, dryRun, json }: Options, command: Command) {
  await prepare(settings())
  let isStopped = false
  // What is written stays, and the next run imports the rest.
  process.once('SIGINT', () => {
    isStopped = true
  })
  const choices = {
    dryRun: dryRun === true,
    conflicts: skipConflicts ? ('skip' as const) : ('refuse' as const),
    onPiece: () => (isStopped ? ('stop' as const) : ('go on' as const)),
  }
  const isPeople = resource === undefined || resource === 'users' || resource === 'groups'
  const target = isPeople ? undefined : await targetNamed(resource, command)
  const bytes = file === '-' ? process.stdin : createReadStream(file)
  const people = resource === 'groups' ? importGroups : importUsers
  const report = await (target ? importRows(bytes, target, COMMAND, choices) : people(bytes, COMMAND, choices))
  if (json) printJson(report)
  else tell(report)
  if (report.outcome !== 'done') process.exitCode = EXIT.refused
}

function tell({ outcome, dry_run, came, unchanged, conflicts, errors, altered }: CsvReport) {
  for (const { kind, reason, labels } of errors) print(`error in ${kind}: ${reason} (${lines(labels)})`)
  for (const { reason, labels } of conflicts) print(`conflict: ${reason} (${lines(labels)})`)
  for (const { reason, labels } of altered) print(`note: ${reason} (${lines(labels)})`)
  const counts = Object.entries(came).map(([name, count]) => `${count} ${name.replaceAll('_', ' ')}`)
  print(`${verb(outcome, dry_run)}: ${counts.join(', ')}; ${unchanged} already here and unchanged`)
  if (outcome === 'refused')
    print('Nothing was written. Correct the file, or leave conflicts out with --skip-conflicts.')
  if (outcome === 'stopped') print('It was stopped. The next run imports the rest.')
  if (outcome === 'done' && !dry_run && came.users) print(NEXT)
}

function verb(outcome: CsvReport['outcome'], isDry: boolean): string {
  if (outcome === 'refused') return 'found'
  return isDry ? 'would import' : 'imported'
}

function lines(labels: string[]): string {
  const more = labels.length - NAMED
  return `${labels.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

async function targetNamed(name: string, command: Command): Promise<DocumentedResource> {
  const { plainResources } = await import('../http/resources.js')
  const resources = plainResources()
  const found = resources.get(name)
  return (
    found ??
    command.error(
      `latchkey: there is no such resource; there are ${['users', 'groups', ...resources.keys()].join(', ')}`,
    )
  )
}
