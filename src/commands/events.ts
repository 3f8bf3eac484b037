import { Command } from 'commander'
import { Op } from 'sequelize'
import { verifyEvents } from '../audit/chain.js'
import { Event } from '../audit/event.js'
import { settings } from '../platform/config.js'
import { prepare } from '../process/prepare.js'
import { print, printJson, printLines } from './output.js'

const BATCH = 1000

export function eventsCommand(): Command {
  return new Command('events')
    .description('the audit trail')
    .addCommand(
      new Command('verify')
        .description('name the rows that were changed, deleted or added by a stranger; exit code 1 when there is one')
        .option('--json', 'print JSON')
        .action(verify),
    )
    .addCommand(new Command('export').description('every event as a line of JSON, oldest first').action(exportAll))
}

async function verify({ json }: { json?: true }) {
  await prepare(settings())
  const found = await verifyEvents()
  const { checked, problems = [] } = found
  if (json) printJson(found)
  else if (problems.length === 0) print(`${checked} events, unbroken`)
  else for (const { id, reason } of problems) print(`broken at event ${id}: ${reason}`)
  if (problems.length > 0) process.exitCode = 1
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
