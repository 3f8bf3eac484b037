import { Command, InvalidArgumentError } from 'commander'
import { Op } from 'sequelize'
import { scopesOf } from '../groups/scopes.js'
import { requireSensible } from '../tokens/principal.js'
import { Token } from '../tokens/token.js'
import { print, printJson, printTable } from './output.js'
import { prepare } from './prepare.js'
import { userNamed } from './user.js'

interface CreateOptions {
  name?: string
  scope?: string[]
  network?: string[]
  expiresAt?: Date
  json?: true
}

export function tokenCommand(): Command {
  return new Command('token')
    .description('make, list and revoke tokens')
    .addCommand(
      new Command('create')
        .description("make a token and print its value, once; without --name the user's account token")
        .argument('<username>')
        .option('--name <text>', 'makes a personal token with this name')
        .option('--scope <scope...>', 'what the personal token may do')
        .option('--network <network...>', 'addresses and networks that it works from')
        .option('--expires-at <time>', 'when it ends, such as 2027-01-31T12:00:00Z', time)
        .option('--json', 'print JSON')
        .action(create),
    )
    .addCommand(
      new Command('list')
        .description('tokens, never their values')
        .option('--user <username>', 'of this user alone')
        .option('--json', 'print JSON')
        .action(list),
    )
    .addCommand(new Command('revoke').description('end a token at once').argument('<id>', '', id).action(revoke))
}

async function create(username: string, { name, scope = [], network = [], expiresAt, json }: CreateOptions) {
  await prepare()
  const owner = await userNamed(username)
  const wish = { owner, scopes: scope, networks: network, expiresAt: expiresAt ?? null }
  if (name === undefined && (scope.length > 0 || network.length > 0 || expiresAt))
    throw new Error('a token with scopes, networks or an expiry needs --name')
  if (name !== undefined && scope.length === 0) throw new Error('a personal token needs --scope')
  await requireSensible(wish)
  const { token, value } =
    name === undefined ? await Token.addAccount(owner.id) : await Token.addPersonal(owner.id, { name, ...wish })
  if (json) printJson({ ...row(token), token: value })
  else print(value)
}

async function list({ user: username, json }: { user?: string; json?: true }) {
  await prepare()
  const owner = username === undefined ? {} : { userId: (await userNamed(username)).id }
  const tokens = await Token.findAll({
    where: { kind: { [Op.ne]: 'session' }, ...owner },
    include: 'user',
    order: ['id'],
  })
  if (json) printJson(tokens.map(row))
  else printTable(tokens.map((token) => ({ ...row(token), scopes: row(token).scopes?.join(' ') ?? 'all of the user' })))
}

async function revoke(tokenId: number) {
  await prepare()
  await Token.revoke(tokenId, undefined)
  print(`revoked token ${tokenId}`)
}

function row(token: Token) {
  return {
    id: token.id,
    kind: token.kind,
    user: token.userId,
    name: token.name,
    scopes: token.scopes === null ? null : scopesOf(token.scopes),
    expires_at: token.expiresAt?.toISOString() ?? null,
    hint: token.hint,
    state: token.state,
  }
}

function id(text: string) {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('an id is a whole number')
  return Number(text)
}

function time(text: string) {
  const date = new Date(text)
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('a time is written 2027-01-31T12:00:00Z')
  return date
}
