import { Command } from 'commander'
import { patiently } from '../imports/pieces.js'
import { settings } from '../platform/config.js'
import { sweep } from '../platform/database/sweep.js'
import { write } from '../platform/database/write-queue.js'
import { sweepsOf } from '../process/housekeeping.js'
import { lineOf } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { printJson, printTable } from './output.js'

export function pruneCommand(): Command {
  return new Command('prune')
    .description('delete what nobody needs any more, as the service does every hour; see docs/housekeeping.md')
    .option('--dry-run', 'say what would be deleted, and delete nothing')
    .option('--json', 'print JSON')
    .action(prune)
}

async function prune({ dryRun, json }: { dryRun?: true; json?: true }) {
  await patiently(() => prepare(settings()))
  const rows: { kind: string; rows: number }[] = []
  for (const what of sweepsOf(settings()))
    try {
      rows.push({
        kind: what.kind,
        rows: await (dryRun ? what.due() : sweep(what, { run: (piece) => patiently(() => write(piece)) })),
      })
    } catch (error) {
      // If one sweep fails, for example because the trail is broken, the others still run.
      process.stderr.write(`${lineOf(error)} (${what.kind})\n`)
      process.exitCode = 1
    }
  if (json) printJson(rows)
  else await printTable(rows)
}
