import { Command, Option } from 'commander'
import { Op, type WhereOptions } from 'sequelize'
import { type TokenState, whereState } from '../identity/tokens/state.js'
import { SHOWN, Token } from '../identity/tokens/token.js'
import { tokenView } from '../identity/tokens/view.js'
import { settings } from '../platform/config.js'
import { prepare } from '../process/prepare.js'
import { count, duration } from './arguments.js'
import { userNamed } from './names.js'
import { printJsonPages, printTablePages, timeText } from './output.js'

const STATES: TokenState[] = ['active', 'rotating', 'disabled', 'expired', 'revoked']

/** How many tokens are in memory at a time. */
const BATCH = 500

interface ListOptions {
  user?: string
  state?: TokenState
  limit?: number
  expiringWithin?: number
  json?: true
}

export function listCommand(): Command {
  return new Command('list')
    .description('list tokens, without their values')
    .option('--user <username>', 'only those of this user')
    .addOption(new Option('--state <state>', 'only those in this state; active includes rotating').choices(STATES))
    .option('--limit <count>', 'only the first ones, at most this many', count)
    .option(
      '--expiring-within <duration>',
      'only those that end within this time, such as 7d or 12h; exit code 1 if there are any',
      duration,
    )
    .option('--json', 'print JSON')
    .action(list)
}

async function list({ user: username, state, limit, expiringWithin, json }: ListOptions) {
  await prepare(settings())
  const owner = username === undefined ? {} : { userId: (await userNamed(username)).id }
  const soon = expiringWithin && {
    revokedAt: null,
    expiresAt: { [Op.between]: [new Date(), new Date(Date.now() + expiringWithin)] },
  }
  const where = { kind: { [Op.ne]: 'session' }, [Op.and]: [owner, soon ?? {}, state ? whereState(state) : {}] }
  let found = 0
  async function* pages<Row>(view: (token: Token) => Row) {
    for await (const tokens of tokenPages(where, limit)) {
      found += tokens.length
      yield tokens.map(view)
    }
  }
  await (json ? printJsonPages(pages(viewOf)) : printTablePages(pages(row)))
  if (expiringWithin && found > 0) process.exitCode = 1
}

async function* tokenPages(where: WhereOptions, limit = Number.POSITIVE_INFINITY): AsyncGenerator<Token[]> {
  for (let after = 0, left = limit; left > 0; ) {
    const tokens = await Token.findAll({
      where: { [Op.and]: [where, { id: { [Op.gt]: after } }] },
      include: SHOWN,
      order: ['id'],
      limit: Math.min(BATCH, left),
    })
    if (tokens.length === 0) return
    yield tokens
    after = tokens.at(-1)!.id
    left -= tokens.length
  }
}

function viewOf(token: Token) {
  return tokenView(token, token.user ?? null)
}

function row(token: Token) {
  const { id, kind, user, username, name, scopes, used_scopes, expires_at, last_used_at, hint, state } = viewOf(token)
  return {
    id,
    kind,
    user: username ?? `deleted (${user})`,
    name,
    scopes: scopes?.join(' ') ?? 'all of the user',
    used: used_scopes.length,
    expires_at: timeText(expires_at),
    last_used_at: timeText(last_used_at),
    hint,
    state,
  }
}
