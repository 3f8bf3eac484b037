import { setFlagsFromString } from 'node:v8'
import { Command } from 'commander'
import type { DjangoOptions } from '../imports/django.js'
import { importDjango } from '../imports/import-django.js'
import type { Report } from '../imports/report.js'
import type { RowsReport } from '../imports/rows.js'
import { readProject } from '../imports/source.js'
import { settings } from '../platform/config.js'
import { COMMAND, EXIT } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { reportLines } from './import-lines.js'
import { importProgress } from './import-progress.js'
import { print, printJson, printLines } from './output.js'

interface Options {
  userModel?: string
  usernameField?: string
  resource: string[]
  skipConflicts?: true
  dryRun?: true
  json?: true
}

export function importDjangoCommand(): Command {
  return new Command('django')
    .description('import the users, passwords, groups, tokens and rows of a Django project')
    .argument(
      '[source]',
      'a SQLite file, a URL of PostgreSQL, a file of dumpdata (JSON or JSON Lines), or - for standard input; by default LATCHKEY_IMPORT_URL',
    )
    .option('--user-model <name>', 'the model or table of the users, if the command cannot find it')
    .option('--username-field <name>', 'the field that users sign in with (by default username, else email)')
    .option(
      '--resource <resource=table>',
      'import the rows of a table into a resource with the same fields; may be given more than once',
      (wish: string, wishes: string[]) => [...wishes, wish],
      [] as string[],
    )
    .option('--skip-conflicts', 'leave out users whose name somebody else has here, and import the others')
    .option('--dry-run', 'say what would be imported, and write nothing')
    .option('--json', 'print JSON')
    .action(run)
}

async function run(argument: string | undefined, options: Options) {
  const { importUrl, tokenMaxAge } = settings()
  const source = argument ?? importUrl
  if (source === undefined) throw new Error('name a source, or set LATCHKEY_IMPORT_URL')
  const wishes = options.resource.map(wishOf)
  // A large project is in memory once. By default, V8 would let the heap grow to four times its size before it collects garbage
  // (measured).
  setFlagsFromString('--heap-growing-percent=60')
  await prepare(settings())
  const resources = wishes.length > 0 ? await (await import('./import-resources.js')).resourcesOf(wishes) : []
  const wanted: DjangoOptions = {
    userModel: options.userModel,
    usernameField: options.usernameField,
    tables: wishes.map(({ table }) => table),
  }
  const project = await readProject(source, wanted, process.stdin)
  const progress = importProgress()
  try {
    const report = await importDjango(project, {
      actor: COMMAND,
      dryRun: options.dryRun === true,
      conflicts: options.skipConflicts ? 'skip' : 'refuse',
      maxAge: tokenMaxAge,
      resources,
      onPiece: progress.onPiece,
    })
    progress.end()
    await tell(report, options.json)
    if (report.outcome !== 'done') process.exitCode = EXIT.refused
  } finally {
    progress.end()
    setFlagsFromString('--heap-growing-percent=0')
  }
}

async function tell(report: Report & { rows: RowsReport[] }, json: true | undefined) {
  if (json) return printJson(report)
  await printLines(reportLines(report))
  if (report.outcome === 'stopped') print('stopped between two pieces; the same command imports the rest')
}

function wishOf(text: string): { resource: string; table: string } {
  const [, resource, table] = /^([a-z][a-z0-9_]*)=(.+)$/.exec(text) ?? []
  if (resource === undefined) throw new Error('write --resource as <resource>=<table>, such as employees=shop_employee')
  return { resource, table: table! }
}
