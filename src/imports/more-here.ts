import { EVERYONE, Group } from '../identity/groups/group.js'
import { resourceOf, scopesOf } from '../identity/scopes/grammar.js'
import type { Project } from './django.js'

/** How many users have a right here through the group `everyone` without a permission for it in Django. */
export interface MoreHere {
  scope: string
  users: number
}

const WRITES = ['add', 'change', 'delete']

/**
 * Counts active users who are not superusers, by the scopes that everybody has.
 * @param tables the table of each resource, if the operator has named it. For other resources, users count who had no permission
 * at all
 */
export async function moreHere(
  { users, groups, permissions }: Project,
  tables: Map<string, string>,
): Promise<MoreHere[]> {
  const everyone = await Group.findOne({ where: { name: EVERYONE }, raw: true })
  const names = new Map<string, string>()
  for (const { key, codename, about = '' } of permissions) {
    const name = `${codename.slice(0, codename.indexOf('_'))} ${about.replace('.', '_').toLowerCase()}`
    if (key !== undefined) names.set(`key ${key}`, name)
    names.set(`name ${codename} ${about.replace('.', ' ')}`, name)
  }
  const ofGroup = new Map<string, string[]>()
  for (const { key, name, permissions: of } of groups) {
    const held = of.flatMap((permission) => names.get(permission) ?? [])
    ofGroup.set(`name ${name}`, held)
    if (key !== undefined) ofGroup.set(`key ${key}`, held)
  }
  const scopes = scopesOf(everyone?.scopes ?? '').filter((scope) => resourceOf(scope) !== 'tokens')
  const counts = new Map(scopes.map((scope) => [scope, 0]))
  for (const user of users) {
    if (!user.isActive || user.isSuperuser) continue
    const own = user.permissions.flatMap((permission) => names.get(permission) ?? [])
    const held = new Set([...own, ...user.groups.flatMap((group) => ofGroup.get(group) ?? [])])
    for (const scope of scopes) {
      const table = tables.get(resourceOf(scope))?.replace('.', '_').toLowerCase()
      const needed = scope.endsWith(':read') ? ['view'] : WRITES
      const lacks = table === undefined ? held.size === 0 : needed.some((verb) => !held.has(`${verb} ${table}`))
      if (lacks) counts.set(scope, counts.get(scope)! + 1)
    }
  }
  return [...counts].flatMap(([scope, count]) => (count > 0 ? { scope, users: count } : []))
}
