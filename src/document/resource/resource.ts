import { Command, CommanderError } from 'commander'
import { settings, variable } from '../../platform/config.js'
import { planOf, type Wish } from './arguments.js'
import { linesFrom } from './from.js'
import { requireNoOwnScope } from './own-scopes.js'
import { Refusal } from './plan.js'
import { existing } from './project.js'
import { filesOf, write } from './written.js'

// A build tool: `npm run resource -- add …` writes a resource into this project. It runs in the project's folder.

interface Options extends Pick<Wish, 'key' | 'owned' | 'singular'> {
  from?: string
  dryRun?: true
}

const FIELDS = `
A field is name:kind and what else there is of it, in any order:
  name:text:1-50            characters; 1- means that blank is refused
  size:integer:1-10         within 32 bits without a range
  budget:decimal:10,2       10 digits, 2 of them after the point
  active:boolean  opened:date  seen:time
  state:enum:open,closed
  parent:departments        a row of another resource, or of its own
  :null :unique :indexed :default=<value>, and :cascade of a reference

Keys: an id that the database makes, or --key code:text:1-20, --key n:integer, --key id:uuid

  npm run resource -- add departments name:text:1-50:unique budget:decimal:10,2 opened:date:null
  npm run resource -- add --from sqlite:shop.db
`

process.exitCode = await run(process.argv.slice(2))

/** @returns the exit code: done, refused, used wrongly */
async function run(args: string[]): Promise<number> {
  try {
    requireWholeLine()
    await program().parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof Refusal) && !(error as Error).message) throw error
    process.stderr.write(`resource: ${(error as Error).message.split('\n', 1)[0]}\n`)
    return 1
  }
}

/** Without the two dashes npm takes the options for itself, and `--dry-run` would write. */
function requireWholeLine() {
  const kept = ['dry_run', 'from', 'owned', 'singular'].find((name) => variable(`npm_config_${name}`))
  const name = kept ?? (/:/.test(variable('npm_config_key') ?? '') ? 'key' : undefined)
  if (name)
    throw new Refusal(
      `npm has taken --${name.replace('_', '-')} for itself: npm run resource -- add …, with the two dashes`,
    )
}

function program(): Command {
  const add = new Command('add')
    .description('write a resource: model, migration, controller and test; then build')
    .usage('<name> <field>... [options]')
    .argument('[name]', 'in the plural, such as departments')
    .argument('[fields...]', 'name:kind and its rules')
    .option('--key <key>', 'a key of another kind than id')
    .option('--owned', 'each row belongs to the user who made it; superusers see all')
    .option('--singular <word>', 'the noun for one row')
    .option(
      '--from <database>',
      'propose the command for a table, or for all: a URL, a SQLite file or a variable with one',
    )
    .option('--dry-run', 'print what would be written')
    .addHelpText('after', FIELDS)
    .action(added)
  const list = new Command('list').description('list the resources of this project').action(listed)
  const whole = new Command('npm run resource --').addCommand(add).addCommand(list)
  for (const command of [whole, add, list]) command.exitOverride()
  return whole
}

async function added(name: string | undefined, fields: string[], { from, dryRun, ...options }: Options) {
  if (from !== undefined) {
    if (fields.length > 0 || Object.keys(options).length > 0)
      throw new Refusal('--from <database> [table] proposes a command line, and takes no other part of one')
    print(await linesFrom(from, name))
    return
  }
  if (name === undefined) throw new Refusal('add what? npm run resource -- add --help')
  const plan = planOf({ name, fields, ...options })
  const warning = await requireNoOwnScope(plan.name, settings().database)
  if (warning) process.stderr.write(`resource: ${warning}\n`)
  print([`${plan.name}, one of them is ${article(plan.singular)}`])
  if (dryRun) for (const [file, text] of filesOf(plan)) print([`--- ${file}`, text.trimEnd()])
  else print(await write(plan))
}

function listed() {
  print(existing().map(({ name, path, key }) => `${name}  ${path}/{${key.name}}  ${key.kind}`))
}

function article(word: string) {
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word.replaceAll('_', ' ')}`
}

function print(lines: string[]) {
  for (const line of lines) process.stdout.write(`${line}\n`)
}
