import { Command } from 'commander'
import { removeScope, sweepRemovedScopes } from '../identity/access/remove-scope.js'
import { BUILT_IN } from '../identity/scopes/built-in.js'
import { OwnScope } from '../identity/scopes/own-scope.js'
import { settings } from '../platform/config.js'
import { COMMAND } from '../process/operator.js'
import { prepare, prepareAsItIs } from '../process/prepare.js'
import { print, printJson, printTable } from './output.js'

export function scopeCommand(): Command {
  return new Command('scope')
    .description('add, list and remove scopes for services that ask this one about tokens')
    .addCommand(
      new Command('add')
        .description('add a scope; superusers have it at once, other users when one of their groups gets it')
        .argument('<name>', 'such as reports:read')
        .option('--description <text>', 'what its holder may do', '')
        .option('--json', 'print JSON')
        .action(add),
    )
    .addCommand(
      new Command('list')
        .description('list all scopes, also those of the service itself')
        .option('--json', 'print JSON')
        .action(list),
    )
    .addCommand(
      new Command('remove')
        .description(
          'take a scope from all groups and tokens; this also works if its name keeps the service from starting',
        )
        .argument('<name>')
        .action(remove),
    )
}

async function add(name: string, { description, json }: { description: string; json?: true }) {
  await prepare(settings())
  const scope = await OwnScope.add({ name, description }, COMMAND)
  if (json) printJson(view(scope))
  else print(`added ${scope.name}`)
}

async function list({ json }: { json?: true }) {
  await prepare(settings())
  const builtIn = [...BUILT_IN].map(([name, description]) => ({ name, description, built_in: true }))
  const rows = [...builtIn, ...(await OwnScope.current()).map(view)].sort((a, b) => (a.name < b.name ? -1 : 1))
  if (json) printJson(rows)
  else
    await printTable(
      rows.map(({ name, description, built_in }) => ({ name, kind: built_in ? 'built in' : 'own', description })),
    )
}

/** If the removal of a name has begun already, the tokens that still have it lose it now. */
async function remove(name: string) {
  const applied = await prepareAsItIs(settings())
  const scope = applied.includes('0031-scopes') ? await OwnScope.findOne({ where: { name } }) : null
  if (!scope && BUILT_IN.has(name)) throw new Error('this scope belongs to the service itself')
  if (!scope) throw new Error('there is no scope with this name')
  if (!scope.removedAt) await removeScope(name, COMMAND, () => {})
  await sweepRemovedScopes()
  print(`removed ${name} from all groups and tokens`)
}

function view({ name, description }: OwnScope) {
  return { name, description, built_in: false }
}
