import { Command } from 'commander'
import { eraseHistory } from '../audit/history.js'
import { settings } from '../platform/config.js'
import { COMMAND } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { print, printJson } from './output.js'

export function historyCommand(): Command {
  return new Command('history')
    .description('what was changed, field by field; unlike the audit trail, it keeps values')
    .addCommand(
      new Command('erase')
        .description('erase the values that an object has had; the trail still says that it was changed, and how often')
        .argument('<resource>', 'such as users or employees')
        .argument('<object>', 'the key of a row, such as 7')
        .option('--and-theirs', 'for a user: also the values that their tokens and rows have had')
        .option('--json', 'print JSON')
        .action(erase),
    )
}

async function erase(
  resource: string,
  object: string,
  { andTheirs, json }: { andTheirs?: true; json?: true },
  command: Command,
) {
  if (andTheirs && (resource !== 'users' || !/^[1-9]\d{0,9}$/.test(object)))
    command.error('latchkey: --and-theirs is only for users; name one by id')
  await prepare(settings())
  const erased = await eraseHistory(
    { resource, object },
    andTheirs ? 'and what is theirs' : 'the object alone',
    COMMAND,
  )
  if (json) printJson({ resource, object, erased })
  else print(`erased ${erased} changes of ${resource} ${object}`)
}
