import { Group } from '../identity/groups/group.js'
import { User } from '../identity/users/user.js'
import { plainName } from '../platform/names.js'

// Operators know users and groups by name, and not by the ids of the API.

/** @throws with a line for the operator */
export async function userNamed(username: string): Promise<User> {
  const user = await User.named(username)
  if (!user) throw new Error('there is no user with this name')
  return user
}

/** @throws with a line for the operator */
export async function groupNamed(name: string): Promise<Group> {
  const group = await Group.findOne({ where: { name: plainName(name) } })
  if (!group) throw new Error('there is no group with this name')
  return group
}
