import { Command } from 'commander'
import { Op, type Transaction, type WhereOptions } from 'sequelize'
import { scopesOfUser } from '../identity/access/principal.js'
import { whereMember } from '../identity/users/members.js'
import { User, type UserRow } from '../identity/users/user.js'
import { userView } from '../identity/users/view.js'
import { withGroups } from '../identity/users/with-groups.js'
import { settings } from '../platform/config.js'
import { preparedIn } from '../platform/database/prepared-reads.js'
import { atOneMoment } from '../platform/database/snapshot.js'
import { prepare } from '../process/prepare.js'
import { count } from './arguments.js'
import { groupNamed, userNamed } from './names.js'
import { plain, print, printJson, printJsonPages, printTablePages, timeText } from './output.js'
import { heldBy } from './user-delete.js'

/** Users that are in memory at a time. */
const PAGE = 500

interface ListOptions {
  group?: string
  disabled?: true
  limit?: number
  json?: true
}

export function listCommand(): Command {
  return new Command('list')
    .description('users, as they are at one moment; never a password')
    .option('--group <name>', 'those in this group alone')
    .option('--disabled', 'those that are disabled alone')
    .option('--limit <count>', 'the first so many', count)
    .option('--json', 'print JSON')
    .action(list)
}

export function showCommand(): Command {
  return new Command('show')
    .description('one user: its groups, what it may do, what it holds')
    .argument('<username>')
    .option('--json', 'print JSON')
    .action(show)
}

async function list({ group, disabled, limit = Number.POSITIVE_INFINITY, json }: ListOptions) {
  await prepare(settings())
  const inGroup = group === undefined ? {} : whereMember((await groupNamed(group)).name)
  const where = { [Op.and]: [inGroup, disabled ? { isActive: false } : {}] }
  await atOneMoment(async (transaction) => {
    async function* pages<Row>(row: (view: View) => Row) {
      for await (const users of withGroups(userPages(where, limit, transaction), transaction))
        yield users.map((user) => row(userView(user as User)))
    }
    await (json ? printJsonPages(pages((view) => view)) : printTablePages(pages(rowOf)))
  })
}

async function* userPages(where: WhereOptions, limit: number, transaction: Transaction): AsyncGenerator<UserRow[]> {
  for (let after = 0, left = limit; left > 0; ) {
    const size = Math.min(PAGE, left)
    const users = await preparedIn(transaction, User, (bind) => ({
      where: { [Op.and]: [where, { id: { [Op.gt]: bind(after) } }] },
      order: ['id'],
      limit: size,
    }))
    if (users.length > 0) yield users
    if (users.length < size) return
    after = users.at(-1)!.id
    left -= users.length
  }
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
