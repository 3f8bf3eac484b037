import { Op, type Transaction } from 'sequelize'
import { preparedIn } from '../../platform/database/prepared-reads.js'
import { Group } from '../groups/group.js'
import { Membership, type UserRow } from './user.js'

/**
 * Users with their groups, for who reads all of them: an association with a limit joins the whole tables of groups and
 * memberships for every page, which for a million users takes a second each (measured).
 * @param pages each in the order of the ids, of which some may be left out
 */
export async function* withGroups(
  pages: AsyncIterable<UserRow[]>,
  transaction: Transaction,
): AsyncGenerator<(UserRow & { groups: { name: string }[] })[]> {
  const groups = new Map((await preparedIn(transaction, Group, () => ({}))).map((group) => [group.id, group]))
  for await (const users of pages) {
    const [first, last] = [users[0]!.id, users.at(-1)!.id]
    const found = await preparedIn(transaction, Membership, (bind) => ({
      where: { userId: { [Op.gte]: bind(first), [Op.lte]: bind(last) } },
    }))
    const groupsOf = new Map(users.map(({ id }): [number, { name: string }[]] => [id, []]))
    for (const { userId, groupId } of found) groupsOf.get(userId)?.push(groups.get(groupId)!)
    yield users.map((user) => ({ ...user, groups: groupsOf.get(user.id)! }))
  }
}
