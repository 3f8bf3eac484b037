import { Command } from 'commander'
import { settings } from '../platform/config.js'
import { sweep } from '../platform/database/sweep.js'
import { sweepsOf } from '../process/housekeeping.js'
import { lineOf } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { printJson, printTable } from './output.js'

export function pruneCommand(): Command {
  return new Command('prune')
    .description('delete what nobody needs any more, as the service does each hour: see docs/housekeeping.md')
    .option('--dry-run', 'tell what would go, and delete nothing')
    .option('--json', 'print JSON')
    .action(prune)
}

async function prune({ dryRun, json }: { dryRun?: true; json?: true }) {
  await prepare(settings())
  const rows: { kind: string; rows: number }[] = []
  for (const what of sweepsOf(settings()))
    try {
      rows.push({ kind: what.kind, rows: await (dryRun ? what.due() : sweep(what)) })
    } catch (error) {
      // One that is hindered, as by a trail that is broken, does not hinder the others.
      process.stderr.write(`${lineOf(error)} (${what.kind})\n`)
      process.exitCode = 1
    }
  if (json) printJson(rows)
  else await printTable(rows)
}
