import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Command, Option } from 'commander'
import type { DocumentedResource } from '../http/resources.js'
import { User } from '../identity/users/user.js'
import { withGroups } from '../identity/users/with-groups.js'
import { csvLine } from '../imports/csv-cells.js'
import { settings } from '../platform/config.js'
import { atOneMoment } from '../platform/database/snapshot.js'
import { prepare } from '../process/prepare.js'
import { print, printText } from './output.js'
import { rowsOf } from './rows.js'

type Format = 'csv' | 'jsonl'
type Write = (text: string) => Promise<void> | void

export function exportCommand(): Command {
  return new Command('export')
    .description('write users, groups or the rows of a resource, as the API shows them, all at one moment')
    .argument('<what>', 'users, groups, or a resource such as employees')
    .addOption(
      new Option('--format <format>', 'one JSON object a line, or CSV').choices(['csv', 'jsonl']).default('csv'),
    )
    .option('--output <file>', 'the file to write instead of standard output; it must not exist yet')
    .action(async (what: string, options: { format: Format; output?: string }, command: Command) => {
      await prepare(settings())
      const { documentedResource, plainResources } = await import('../http/resources.js')
      const names = ['users', 'groups', ...plainResources().keys()]
      const resource = names.includes(what) ? documentedResource(what) : undefined
      if (!resource) return command.error(`latchkey: there is nothing with this name; there are ${names.join(', ')}`)
      const { output } = options
      const write = (to: Write) => exportRows(resource, options.format, to)
      if (output === undefined) await write(printText)
      else print(`exported ${await intoFile(resolve(output), write)} ${what} to ${output}`)
    })
}

/** @returns how many there were */
async function exportRows(
  { model, include, shown, view }: DocumentedResource,
  format: Format,
  write: Write,
): Promise<number> {
  const columns = Object.keys(shown)
  const line = (row: Record<string, unknown>) =>
    format === 'csv' ? csvLine(columns.map((column) => row[column])) : `${JSON.stringify(row)}\n`
  return atOneMoment(async (transaction) => {
    let count = 0
    if (format === 'csv') await write(csvLine(columns))
    const found =
      model === User ? withGroups(rowsOf(transaction, User, {}), transaction) : rowsOf(transaction, model, { include })
    for await (const rows of found) {
      await write(rows.map((row) => line(view(row))).join(''))
      count += rows.length
    }
    return count
  })
}

/** The file gets its name when all of it is on the disk. Only its owner can read it. */
async function intoFile(file: string, fill: (write: Write) => Promise<number>): Promise<number> {
  if (!existsSync(dirname(file))) throw new Error(`there is no folder ${dirname(file)}`)
  if (existsSync(file)) throw new Error(`${file} already exists, and is not overwritten`)
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
