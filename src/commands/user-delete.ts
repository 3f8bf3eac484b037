import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { Op } from 'sequelize'
import { removeUser } from '../identity/access/change-user.js'
import { sessionsOf } from '../identity/sessions/session.js'
import { whereState } from '../identity/tokens/state.js'
import { Token } from '../identity/tokens/token.js'
import { Membership } from '../identity/users/user.js'
import { settings } from '../platform/config.js'
import { COMMAND } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { userNamed } from './names.js'
import { print } from './output.js'

export function deleteCommand(): Command {
  return new Command('delete')
    .description('delete a user for ever; on a terminal it asks for the name again; `user disable` can be undone')
    .argument('<username>')
    .option('--yes', 'do not ask')
    .action(remove)
}

async function remove(name: string, { yes }: { yes?: true }) {
  await prepare(settings())
  const { id, username } = await userNamed(name)
  const what = `${username} (id ${id}) with ${await heldBy(id)}`
  if (!yes && process.stdin.isTTY && (await answerTo(`Delete ${what}? Type the name: `)) !== username)
    throw new Error('nothing was deleted')
  await removeUser(id, COMMAND, () => {})
  print(`deleted ${what}`)
}

/** What ends with a user. Expired and revoked tokens have ended already. Those of a disabled user have not. */
export async function heldBy(userId: number): Promise<string> {
  const live = { [Op.or]: [whereState('active'), whereState('disabled')] }
  const where = { [Op.and]: [{ userId, kind: ['account', 'personal'] }, live] }
  const tokens = counted(await Token.count({ where }), 'token')
  const sessions = counted((await sessionsOf(userId)).length, 'session')
  const groups = counted(await Membership.count({ where: { userId } }), 'group')
  return `${tokens}, ${sessions} and ${groups}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

async function answerTo(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await prompt.question(question)
  prompt.close()
  return answer.trim()
}
