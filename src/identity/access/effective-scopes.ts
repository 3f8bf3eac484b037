import { scopesOf } from '../scopes/grammar.js'
import type { UserRow } from '../users/user.js'
import { groupsOf, scopesOfUser } from './principal.js'

/** What a superuser's scopes come from, beside groups. */
const SUPERUSER = 'superuser'

/**
 * What a user may do, sorted, and what each scope comes from: the names of groups, after `superuser` where the user is one.
 * A user who is disabled has them again when enabled.
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
