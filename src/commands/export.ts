import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { Op, type Transaction, type WhereOptions } from 'sequelize'
import type { DocumentedResource } from '../http/resources.js'
import { User, type UserRow } from '../identity/users/user.js'
import { withGroups } from '../identity/users/with-groups.js'
import { csvLine } from '../imports/csv-cells.js'
import { settings } from '../platform/config.js'
import { type Bind, preparedIn } from '../platform/database/prepared-reads.js'
import { atOneMoment } from '../platform/database/snapshot.js'
import { prepare } from '../process/prepare.js'
import { print, printText } from './output.js'

/** Rows that are in memory at a time. */
const PAGE = 1000

type Format = 'csv' | 'jsonl'
type Users = AsyncGenerator<UserRow[]>
type Write = (text: string) => Promise<void> | void

export function exportCommand(): Command {
  return new Command('export')
    .description('users, groups or the rows of a resource, as the API shows them, as they are at one moment')
    .argument('<what>', 'users, groups, or a resource such as employees')
    .addOption(
      new Option('--format <format>', 'one JSON object a line, or CSV').choices(['csv', 'jsonl']).default('csv'),
    )
    .option('--output <file>', 'where it goes instead of standard output; it must not be there yet')
    .action(async (what: string, options: { format: Format; output?: string }, command: Command) => {
      await prepare(settings())
      const { documentedResource, plainResources } = await import('../http/resources.js')
      const names = ['users', 'groups', ...plainResources().keys()]
      const resource = names.includes(what) ? documentedResource(what) : undefined
      if (!resource) return command.error(`latchkey: nothing here is called so; there are ${names.join(', ')}`)
      const { output } = options
      const write = (to: Write) => exportRows(resource, options.format, to)
      if (output === undefined) await write(printText)
      else print(`exported ${await intoFile(resolve(output), write)} ${what} to ${output}`)
    })
}

/** @returns how many there were */
async function exportRows(resource: DocumentedResource, format: Format, write: Write): Promise<number> {
  const columns = Object.keys(resource.shown)
  const line = (view: Record<string, unknown>) =>
    format === 'csv' ? csvLine(columns.map((column) => view[column])) : `${JSON.stringify(view)}\n`
  return atOneMoment(async (transaction) => {
    let count = 0
    if (format === 'csv') await write(csvLine(columns))
    const found = pages(resource, transaction)
    for await (const rows of resource.model === User ? withGroups(found as Users, transaction) : found) {
      await write(rows.map((row) => line(resource.view(row))).join(''))
      count += rows.length
    }
    return count
  })
}

async function* pages({ model, include }: DocumentedResource, transaction: Transaction): AsyncGenerator<object[]> {
  const key = model.primaryKeyAttribute
  for (let after: number | string | undefined; ; ) {
    const where = (bind: Bind) => (after === undefined ? {} : { [key]: { [Op.gt]: bind(after) } }) as WhereOptions
    const rows =
      include && model !== User
        ? await model.findAll({ where: where((value) => value), include, order: [key], limit: PAGE, transaction })
        : await preparedIn(transaction, model, (bind) => ({ where: where(bind), order: [key], limit: PAGE }))
    if (rows.length > 0) yield rows
    if (rows.length < PAGE) return
    after = (rows.at(-1) as Record<string, number | string>)[key]
  }
}

/** The file has its name when all of it is on the disk, and nobody but its owner reads it. */
async function intoFile(file: string, fill: (write: Write) => Promise<number>): Promise<number> {
  if (!existsSync(dirname(file))) throw new Error(`there is no folder ${dirname(file)}`)
  if (existsSync(file)) throw new Error(`${file} is there already, and is not overwritten`)
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  const remove = () => rmSync(draft, { force: true })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      remove()
      process.exit(1)
    })
  const descriptor = openSync(draft, 'wx', 0o600)
  try {
    const count = await fill((text) => writeFileSync(descriptor, text))
    fsyncSync(descriptor)
    renameSync(draft, file)
    return count
  } catch (error) {
    remove()
    throw error
  } finally {
    closeSync(descriptor)
  }
}
