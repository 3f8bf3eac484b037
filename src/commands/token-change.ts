import { Command } from 'commander'
import { requireSensible } from '../identity/access/grant.js'
import { changeToken, type TokenChanges } from '../identity/tokens/change.js'
import { type RateLimit, tokenView } from '../identity/tokens/view.js'
import { settings } from '../platform/config.js'
import { COMMAND } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { id, rateLimit, time } from './arguments.js'
import { print, printJson } from './output.js'

/** An option that is left out changes nothing. False removes a bound. */
interface Options {
  name?: string
  scope?: string[]
  network?: string[] | false
  expiresAt?: Date | false
  rateLimit?: RateLimit | false
  json?: true
}

export function changeCommand(): Command {
  return new Command('change')
    .description('change a personal token; its value and all that is not named here stay as they are')
    .argument('<id>', '', id)
    .option('--name <text>', 'its new name')
    .option('--scope <scope...>', 'all that it may do from now on')
    .option('--network <network...>', 'addresses and networks that it works from')
    .option('--no-network', 'let it work from everywhere')
    .option('--expires-at <time>', 'when it ends, such as 2027-01-31T12:00:00Z or 30d', time)
    .option('--no-expires-at', 'let it end as late as the settings allow')
    .option('--rate-limit <limit>', 'how often it may be used, such as 100/60s', rateLimit)
    .option('--no-rate-limit', 'let it be used without a limit')
    .option('--json', 'print JSON')
    .action(change)
}

async function change(tokenId: number, options: Options, command: Command) {
  const { json, ...given } = options
  if (Object.keys(given).length === 0) return command.error('latchkey: say what to change; see --help')
  await prepare(settings())
  const { name, scope, network, expiresAt, rateLimit } = given
  const changes: TokenChanges = {
    name,
    scopes: scope,
    networks: network === false ? [] : network,
    expiresAt: expiresAt === false ? null : expiresAt,
    rateLimit: rateLimit === false ? null : rateLimit,
  }
  const token = await changeToken(
    tokenId,
    changes,
    {
      maxAge: settings().tokenMaxAge,
      judge: ({ user }, wish, transaction) => requireSensible(user, wish, transaction),
    },
    COMMAND,
  )
  if (json) printJson(tokenView(token, token.user))
  else print(`changed token ${tokenId}`)
}
