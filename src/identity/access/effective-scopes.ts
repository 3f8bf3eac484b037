import { Op } from 'sequelize'
import { prepared } from '../../platform/database/prepared-reads.js'
import { EVERYONE, Group } from '../groups/group.js'
import { scopesOf } from '../scopes/grammar.js'
import { Membership, type UserRow } from '../users/user.js'
import { scopesOfUser } from './principal.js'

/** What a superuser's scopes come from, beside groups. */
const SUPERUSER = 'superuser'

/**
 * What a user may do, sorted, and what each scope comes from: the names of groups, after `superuser` where the user is one.
 * A user who is disabled has them again when enabled.
 */
export async function effectiveScopesOf(user: UserRow): Promise<{ scope: string; from: string[] }[]> {
  const held = await scopesOfUser(user)
  const memberships = await prepared(Membership, (bind) => ({ where: { userId: { [Op.eq]: bind(user.id) } } }))
  const groups = await prepared(Group, (bind) => {
    const joined = { id: { [Op.in]: memberships.map(({ groupId }) => bind(groupId)) } }
    return { where: { [Op.or]: [{ name: { [Op.eq]: bind(EVERYONE) } }, joined] }, order: ['name'] }
  })
  return held.map((scope) => ({
    scope,
    from: [
      ...(user.isSuperuser ? [SUPERUSER] : []),
      ...groups.filter(({ scopes }) => scopesOf(scopes).includes(scope)).map(({ name }) => name),
    ],
  }))
}
