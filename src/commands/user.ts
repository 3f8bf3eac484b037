import { Command } from 'commander'
import { changeUser } from '../identity/access/change-user.js'
import { createPasswordLink } from '../identity/access/password-link.js'
import { setPassword as setPasswordOf } from '../identity/access/set-password.js'
import { currentUserView } from '../identity/users/current-user.js'
import type { PasswordChoice } from '../identity/users/password.js'
import { type Profile, User } from '../identity/users/user.js'
import { settings } from '../platform/config.js'
import type { WhenAbsent } from '../platform/database/connection.js'
import { baseAt } from '../process/base.js'
import { COMMAND } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { userNamed } from './names.js'
import { print, printJson, readSecret, tellOfNew } from './output.js'
import { deleteCommand } from './user-delete.js'
import { listCommand, showCommand } from './user-list.js'

interface Options {
  username?: string
  email?: string
  staff?: true
  group?: string[]
  password: boolean
  allowWeakPassword?: true
  json?: true
}

export function createSuperuserCommand(): Command {
  return new Command('createsuperuser')
    .description('make a superuser; it asks for the password, or reads it from standard input')
    .requiredOption('--username <name>', 'the username')
    .option('--email <address>', 'the email address')
    .option('--allow-weak-password', 'accept a password that breaks the rules')
    .option('--json', 'print JSON')
    .action((options: Options) =>
      add(options.username!, { isStaff: true, isSuperuser: true }, { ...options, password: true }, 'create'),
    )
}

export function userCommand(): Command {
  return new Command('user')
    .description('make, list, show, disable, enable and delete users, set their passwords or let them do it')
    .addCommand(
      new Command('create')
        .description('make a user; it asks for the password, or reads it from standard input')
        .argument('<username>')
        .option('--email <address>', 'the email address')
        .option('--staff', 'let the user enter the admin site')
        .option('--group <name...>', 'groups that the user belongs to')
        .option('--no-password', 'set no password, so that nobody can sign in as this user')
        .option('--allow-weak-password', 'accept a password that breaks the rules')
        .option('--json', 'print JSON')
        .action((username: string, options: Options) =>
          add(username, { isStaff: options.staff ?? false, groups: options.group ?? [] }, options),
        ),
    )
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(
      new Command('disable')
        .description('stop all tokens of a user, and let nobody sign in with this account')
        .argument('<username>')
        .action((username: string) => change(username, { isActive: false }, 'disabled')),
    )
    .addCommand(
      new Command('enable')
        .description('let a disabled user sign in again; their tokens work again too')
        .argument('<username>')
        .action((username: string) => change(username, { isActive: true }, 'enabled')),
    )
    .addCommand(
      new Command('password')
        .description('set a password; it asks for it, or reads it from standard input')
        .argument('<username>')
        .option('--allow-weak-password', 'accept a password that breaks the rules')
        .action(setPassword),
    )
    .addCommand(
      new Command('link')
        .description('print a link with which the user can set the password, once, within 24 hours')
        .argument('<username>')
        .option('--json', 'print JSON')
        .action(link),
    )
    .addCommand(deleteCommand())
}

async function add(
  username: string,
  rights: Partial<Profile>,
  { email = '', password, allowWeakPassword, json }: Options,
  whenAbsent: WhenAbsent = 'refuse',
) {
  const made = await prepare(settings(), whenAbsent)
  if (made !== undefined) tellOfNew(made)
  const text = password ? await readSecret('Password: ') : undefined
  const choice = text === undefined ? undefined : { text, rules: rulesFor(allowWeakPassword) }
  const user = await User.add({ username, email, ...rights, password: choice }, COMMAND)
  if (allowWeakPassword) warnOfWeakness()
  if (json) printJson(currentUserView(user))
  else print(`made ${user.isSuperuser ? 'superuser' : 'user'} ${user.username} (id ${user.id})`)
}

async function change(username: string, changes: Partial<Profile>, done: string) {
  await prepare(settings())
  const user = await userNamed(username)
  const { woken } = await changeUser(user.id, changes, COMMAND, () => {})
  print(`${done} ${user.username}`)
  if (woken) print(`${woken} of their tokens work again`)
}

async function setPassword(username: string, { allowWeakPassword }: Options) {
  await prepare(settings())
  const user = await userNamed(username)
  const choice = { text: await readSecret('New password: '), rules: rulesFor(allowWeakPassword) }
  await setPasswordOf(user.id, choice, { kinds: [] }, COMMAND)
  if (allowWeakPassword) warnOfWeakness()
  print(`set the password of ${user.username}, and ended their tokens and sessions`)
}

async function link(username: string, { json }: { json?: true }) {
  await prepare(settings())
  const user = await userNamed(username)
  const base = baseAt(settings(), settings().port)
  const { link, expiresAt } = await createPasswordLink(user.id, base, COMMAND)
  if (json) printJson({ link, expires_at: expiresAt })
  else print(link)
}

function rulesFor(allowWeakPassword: true | undefined): PasswordChoice['rules'] {
  return allowWeakPassword ? 'waived' : 'enforced'
}

function warnOfWeakness() {
  process.stderr.write('warning: the password was not checked against the rules\n')
}
