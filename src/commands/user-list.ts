import { Command } from 'commander'
import { Op } from 'sequelize'
import { scopesOfUser } from '../identity/access/principal.js'
import { whereMember } from '../identity/users/members.js'
import { User } from '../identity/users/user.js'
import { userView } from '../identity/users/view.js'
import { withGroups } from '../identity/users/with-groups.js'
import { settings } from '../platform/config.js'
import { atOneMoment } from '../platform/database/snapshot.js'
import { prepare } from '../process/prepare.js'
import { count } from './arguments.js'
import { groupNamed, userNamed } from './names.js'
import { plain, print, printJson, printJsonPages, printTablePages, timeText } from './output.js'
import { rowsOf } from './rows.js'
import { heldBy } from './user-delete.js'

interface ListOptions {
  group?: string
  disabled?: true
  limit?: number
  json?: true
}

export function listCommand(): Command {
  return new Command('list')
    .description('list users, all at one moment, without passwords')
    .option('--group <name>', 'only the members of this group')
    .option('--disabled', 'only disabled users')
    .option('--limit <count>', 'only the first ones, at most this many', count)
    .option('--json', 'print JSON')
    .action(list)
}

export function showCommand(): Command {
  return new Command('show')
    .description('show one user: their groups, scopes, tokens and sessions')
    .argument('<username>')
    .option('--json', 'print JSON')
    .action(show)
}

async function list({ group, disabled, limit, json }: ListOptions) {
  await prepare(settings())
  const inGroup = group === undefined ? {} : whereMember((await groupNamed(group)).name)
  const where = { [Op.and]: [inGroup, disabled ? { isActive: false } : {}] }
  await atOneMoment(async (transaction) => {
    async function* pages<Row>(row: (view: View) => Row) {
      for await (const users of withGroups(rowsOf(transaction, User, { where, limit }), transaction))
        yield users.map((user) => row(userView(user as User)))
    }
    await (json ? printJsonPages(pages((view) => view)) : printTablePages(pages(rowOf)))
  })
}

async function show(username: string, { json }: { json?: true }) {
  await prepare(settings())
  const { id } = await userNamed(username)
  const user = await User.findByPk(id, { include: ['groups'], rejectOnEmpty: true })
  const view = { ...userView(user), scopes: await scopesOfUser(user) }
  if (json) return printJson(view)
  for (const [name, value] of Object.entries({ ...view, holds: await heldBy(id) }))
    print(`${name}: ${plain(textOf(value))}`)
}

function rowOf({ id, username, email, is_active, is_staff, is_superuser, groups, last_login }: View) {
  return {
    id,
    username,
    email: email || null,
    active: textOf(is_active),
    staff: textOf(is_staff),
    superuser: textOf(is_superuser),
    groups: textOf(groups),
    last_login: timeText(last_login),
  }
}

type View = ReturnType<typeof userView>

function textOf(value: unknown): string | null {
  if (value instanceof Date) return timeText(value)
  if (Array.isArray(value)) return value.join(' ') || 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return value === null || value === '' ? null : String(value)
}
