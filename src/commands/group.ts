import { Command } from 'commander'
import { Op } from 'sequelize'
import { Group } from '../identity/groups/group.js'
import { scopesOf } from '../identity/scopes/grammar.js'
import { memberCounts } from '../identity/users/members.js'
import { settings } from '../platform/config.js'
import { prepared } from '../platform/database/prepared-reads.js'
import { COMMAND } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { groupNamed } from './names.js'
import { print, printJson, printJsonPages, printTablePages } from './output.js'

/** How many groups are in memory at a time. */
const PAGE = 500

interface Options {
  name?: string
  /** All of them; false for none. */
  scope?: string[] | false
  json?: true
}

export function groupCommand(): Command {
  return new Command('group')
    .description('list, make and change groups of users, and the scopes that each gives its members')
    .addCommand(
      new Command('list')
        .description('list groups, their scopes, and how many users are in each')
        .option('--json', 'print JSON')
        .action(list),
    )
    .addCommand(
      new Command('create')
        .description('make a group')
        .argument('<name>')
        .option('--scope <scope...>', 'what its members may do, besides what everyone may do')
        .option('--json', 'print JSON')
        .action(create),
    )
    .addCommand(
      new Command('set')
        .description('give a group other scopes or another name, with effect at once')
        .argument('<name>')
        .option('--scope <scope...>', 'all that its members may do from now on')
        .option('--no-scope', 'let its members do no more than everyone may do')
        .option('--name <text>', 'its new name')
        .option('--json', 'print JSON')
        .action(set),
    )
}

async function list({ json }: { json?: true }) {
  await prepare(settings())
  await (json ? printJsonPages(pages((group) => group)) : printTablePages(pages(rowOf)))
}

async function create(name: string, { scope, json }: Options) {
  await prepare(settings())
  const group = await Group.add({ name, scopes: scope || [] }, COMMAND)
  if (json) printJson(view(group))
  else print(`made group ${group.name} (id ${group.id})`)
}

async function set(name: string, { name: another, scope, json }: Options, command: Command) {
  if (another === undefined && scope === undefined) return command.error('latchkey: say what to set; see --help')
  await prepare(settings())
  const { id } = await groupNamed(name)
  const group = await Group.change(id, { name: another, scopes: scope === false ? [] : scope }, COMMAND, () => {})
  if (json) printJson(view(group))
  else print(`set ${group.name}: ${group.scopes || 'no scopes'}`)
}

async function* pages<Row>(row: (group: Counted) => Row): AsyncGenerator<Row[]> {
  for (let after = 0; ; ) {
    const groups = await prepared(Group, (bind) => ({
      where: { id: { [Op.gt]: bind(after) } },
      order: ['id'],
      limit: PAGE,
    }))
    if (groups.length === 0) return
    const members = await memberCounts(groups, 0)
    yield groups.map((group) => row({ ...view(group), members: members.get(group.id) ?? 0 }))
    after = groups.at(-1)!.id
  }
}

type Counted = ReturnType<typeof view> & { members: number }

function rowOf({ id, name, members, scopes }: Counted) {
  return { id, name, members, scopes: scopes.join(' ') || null }
}

function view({ id, name, scopes }: Pick<Group, 'id' | 'name' | 'scopes'>) {
  return { id, name, scopes: scopesOf(scopes) }
}
