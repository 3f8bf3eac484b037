import { col, fn, Op, type WhereOptions } from 'sequelize'
import { atLength, on } from '../../platform/database/long-reads.js'
import { columnWhere, keysWhere } from '../../platform/database/prepared-reads.js'
import { plainName } from '../../platform/names.js'
import { EVERYONE, Group } from '../groups/group.js'
import { Membership, User } from './user.js'

/**
 * How many users each of these groups has. `everyone` has all of them. An index gives the counts.
 * @param by the id of the caller
 * @throws {HttpError} 503 if it waits or takes too long
 */
export function memberCounts(groups: { id: number; name: string }[], by: number): Promise<Map<number, number>> {
  return atLength(`user ${by}`, async (lane) => {
    const ids = groups.filter(({ name }) => name !== EVERYONE).map(({ id }) => id)
    const counts = (await Membership.findAll({
      attributes: ['groupId', [fn('count', col('user_id')), 'members']],
      where: { groupId: ids },
      group: ['groupId'],
      raw: true,
      ...on(lane),
    })) as unknown as { groupId: number; members: number | string }[]
    const found = new Map(counts.map(({ groupId, members }) => [groupId, Number(members)]))
    const everyone = groups.find(({ name }) => name === EVERYONE)
    if (everyone) found.set(everyone.id, await User.count(on(lane)))
    return found
  })
}

/** The condition for users in the group with this name: all of them for `everyone`, and none if there is no such group. */
export function whereMember(name: string): WhereOptions {
  if (name === EVERYONE) return {}
  const isOfGroup = { groupId: { [Op.in]: keysWhere(Group, { name: plainName(name) }) } }
  return { id: { [Op.in]: columnWhere(Membership, 'userId', isOfGroup) } }
}
