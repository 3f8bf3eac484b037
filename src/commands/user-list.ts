import { Command } from 'commander'
import { Op, type Transaction } from 'sequelize'
import { scopesOfUser } from '../identity/access/principal.js'
import { EVERYONE } from '../identity/groups/group.js'
import { Membership, User, type UserRow } from '../identity/users/user.js'
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

async function list({ group, disabled, limit, json }: ListOptions) {
  await prepare(settings())
  const groupId = group === undefined || group === EVERYONE ? undefined : (await groupNamed(group)).id
  await atOneMoment(async (transaction) => {
    async function* pages<Row>(row: (view: ReturnType<typeof userView>) => Row) {
      let left = limit ?? Number.POSITIVE_INFINITY
      for await (const users of withGroups(userPages(groupId, transaction), transaction)) {
        const wanted = users.filter(({ isActive }) => !disabled || !isActive).slice(0, left)
        if (wanted.length > 0) yield wanted.map((user) => row(userView(user as User)))
        left -= wanted.length
        if (left === 0) return
      }
    }
    await (json ? printJsonPages(pages((view) => view)) : printTablePages(pages(rowOf)))
  })
}

async function* userPages(groupId: number | undefined, transaction: Transaction): AsyncGenerator<UserRow[]> {
  for (let after = 0; ; ) {
    const ids = groupId === undefined ? undefined : await membersAfter(after, groupId, transaction)
    const users = await preparedIn(transaction, User, (bind) => ({
      where: { id: ids ? { [Op.in]: ids.map(bind) } : { [Op.gt]: bind(after) } },
      order: ['id'],
      limit: PAGE,
    }))
    if (users.length > 0) yield users
    if (users.length < PAGE) return
    after = users.at(-1)!.id
  }
}

async function membersAfter(after: number, groupId: number, transaction: Transaction): Promise<number[]> {
  const rows = await preparedIn(transaction, Membership, (bind) => ({
    where: { groupId: { [Op.eq]: bind(groupId) }, userId: { [Op.gt]: bind(after) } },
    order: ['userId'],
    limit: PAGE,
  }))
  return rows.map(({ userId }) => userId)
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

function rowOf({ id: number, username, email, is_active, is_staff, is_superuser, groups, last_login }: View) {
  return {
    id: number,
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
