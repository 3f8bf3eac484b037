import { Command } from 'commander'
import { Op } from 'sequelize'
import { requireSensible } from '../identity/access/grant.js'
import { addAccount } from '../identity/tokens/account.js'
import { SHOWN, Token } from '../identity/tokens/token.js'
import { type RateLimit, tokenView } from '../identity/tokens/view.js'
import { User } from '../identity/users/user.js'
import { settings } from '../platform/config.js'
import { baseAt } from '../process/base.js'
import { COMMAND } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { duration, id, rateLimit, time } from './arguments.js'
import { userNamed } from './names.js'
import { plain, print, printJson, timeText } from './output.js'
import { changeCommand } from './token-change.js'
import { listCommand } from './token-list.js'
import { explainCommand, planCommand, scanCommand } from './token-tools.js'

interface CreateOptions {
  name?: string
  scope?: string[]
  network?: string[]
  expiresAt?: Date
  rateLimit?: RateLimit
  json?: true
}

export function tokenCommand(): Command {
  return new Command('token')
    .description('make, list, examine, change, rotate and revoke tokens')
    .addCommand(
      new Command('create')
        .description("make a token and print its value once; without --name it is the user's account token")
        .argument('<username>')
        .option('--name <text>', 'make a personal token with this name')
        .option('--scope <scope...>', 'what the personal token may do')
        .option('--network <network...>', 'addresses and networks that it works from')
        .option('--expires-at <time>', 'when it ends, such as 2027-01-31T12:00:00Z or 30d', time)
        .option('--rate-limit <limit>', 'how often it may be used, such as 100/60s', rateLimit)
        .option('--json', 'print JSON')
        .action(create),
    )
    .addCommand(listCommand())
    .addCommand(
      new Command('show')
        .description('show one token: what it may do and what it has done')
        .argument('<id>', '', id)
        .option('--json', 'print JSON')
        .action(show),
    )
    .addCommand(changeCommand())
    .addCommand(
      new Command('rotate')
        .description('give a token a new value and print it once')
        .argument('<id>', '', id)
        .option('--overlap <duration>', 'how long the old value keeps working', duration, 0)
        .option('--json', 'print JSON')
        .action(rotate),
    )
    .addCommand(new Command('revoke').description('end a token at once').argument('<id>', '', id).action(revoke))
    .addCommand(explainCommand())
    .addCommand(planCommand())
    .addCommand(scanCommand())
}

async function create(username: string, { name, scope = [], network = [], expiresAt, rateLimit, json }: CreateOptions) {
  await prepare(settings())
  const { tokenMaxAge: maxAge } = settings()
  const owner = await userNamed(username)
  if (name === undefined && (scope.length > 0 || network.length > 0 || expiresAt || rateLimit))
    throw new Error('a token with scopes, networks, an expiry or a limit needs --name')
  if (name !== undefined && scope.length === 0) throw new Error('a personal token needs --scope')
  const wish = {
    name: name ?? '',
    scopes: scope,
    networks: network,
    expiresAt: expiresAt ?? null,
    rateLimit: rateLimit ?? null,
    maxAge,
  }
  await requireSensible(owner, wish)
  const { token, value } =
    name === undefined ? await addAccount(owner.id, COMMAND, maxAge) : await Token.addPersonal(owner.id, wish, COMMAND)
  if (json) printJson({ ...tokenView(token, owner), token: value })
  else printValue(value)
}

async function show(tokenId: number, { json }: { json?: true }) {
  await prepare(settings())
  const token = await Token.findOne({
    where: { id: tokenId, kind: { [Op.ne]: 'session' } },
    include: SHOWN,
  })
  if (!token) throw new Error('there is no token with this id')
  const view = tokenView(token, token.user ?? null)
  if (json) return printJson(view)
  const { used_scopes: used, scopes, user, username, ...rest } = view
  for (const [name, value] of Object.entries({ ...rest, user: username ?? `deleted (${user})` }))
    print(
      `${name}: ${plain(value instanceof Date ? timeText(value) : typeof value === 'object' ? JSON.stringify(value) : value)}`,
    )
  print(`granted: ${scopes?.join(' ') ?? 'all of the user'}`)
  print(
    `used: ${used.map(({ scope, last_used_at }) => `${scope} (${last_used_at.toISOString()})`).join(' ') || 'none'}`,
  )
}

async function rotate(tokenId: number, { overlap, json }: { overlap: number; json?: true }) {
  await prepare(settings())
  const { token, value } = await Token.rotate(
    tokenId,
    { overlap: Math.round(overlap / 1000), maxAge: settings().tokenMaxAge },
    COMMAND,
    () => {},
  )
  if (json) printJson({ ...tokenView(token, await User.findByPk(token.userId)), token: value })
  else printValue(value)
}

async function revoke(tokenId: number) {
  await prepare(settings())
  await Token.revoke(tokenId, undefined, COMMAND)
  print(`revoked token ${tokenId}`)
}

/** On a terminal, also prints a command that tries the token. A script that keeps the output gets only the value. */
function printValue(value: string) {
  print(value)
  if (process.stdout.isTTY)
    print(`\ncurl ${baseAt(settings(), settings().port)}/api/ -H 'Authorization: Token ${value}'`)
}
