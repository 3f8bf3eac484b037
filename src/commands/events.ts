import { Command } from 'commander'
import { Op } from 'sequelize'
import { verifyEvents } from '../audit/chain.js'
import { Event } from '../audit/event.js'
import { verifyHistory } from '../audit/history.js'
import { settings } from '../platform/config.js'
import { prepare } from '../process/prepare.js'
import { print, printJson, printLines } from './output.js'

const BATCH = 1000

export function eventsCommand(): Command {
  return new Command('events')
    .description('verify and export the audit trail')
    .addCommand(
      new Command('verify')
        .description(
          'list the rows of the trail and of the history that a stranger changed, deleted or added; exit code 1 if there are any',
        )
        .option('--json', 'print JSON')
        .action(verify),
    )
    .addCommand(
      new Command('export').description('print every event as a line of JSON, oldest first').action(exportAll),
    )
}

async function verify({ json }: { json?: true }) {
  await prepare(settings())
  const { checked, problems = [], ...found } = await verifyEvents()
  const history = await verifyHistory()
  const isWhole = problems.length === 0 && history.problems.length === 0
  if (json) printJson({ checked, problems, ...found, history })
  else {
    if (isWhole) print(`${checked} events, unbroken; changes: ${history.checked} as written, ${history.erased} erased`)
    for (const { id, reason } of problems) print(`broken at event ${id}: ${reason}`)
    for (const { id, reason } of history.problems) print(`broken at change ${id}: ${reason}`)
  }
  if (!isWhole) process.exitCode = 1
}

async function exportAll() {
  await prepare(settings())
  for (let after = 0; ; ) {
    const rows = await Event.findAll({ where: { id: { [Op.gt]: after } }, order: ['id'], limit: BATCH, raw: true })
    await printLines(rows.map((row) => JSON.stringify(row)))
    if (rows.length < BATCH) return
    after = rows.at(-1)!.id
  }
}
