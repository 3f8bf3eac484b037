import { scopesOf } from '../scopes/grammar.js'
import type { UserRow } from '../users/user.js'
import { groupsOf, scopesOfUser } from './principal.js'

/** What a superuser's scopes come from, besides groups. */
const SUPERUSER = 'superuser'

/**
 * What a user may do, sorted, and where each scope comes from: the names of groups, after `superuser` if the user is one. A
 * disabled user has these scopes again when enabled.
 */
export async function effectiveScopesOf(user: UserRow): Promise<{ scope: string; from: string[] }[]> {
  const held = await scopesOfUser(user)
  const groups = await groupsOf(user.id)
  return held.map((scope) => ({
    scope,
    from: [
      ...(user.isSuperuser ? [SUPERUSER] : []),
      ...groups
        .filter(({ scopes }) => scopesOf(scopes).includes(scope))
        .map(({ name }) => name)
        .sort(),
    ],
  }))
}
