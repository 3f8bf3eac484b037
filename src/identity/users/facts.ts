import type { Act } from '../../audit/event.js'
import type { PasswordChoice } from './password.js'

interface Facts {
  username: string
  email: string
  isActive: boolean
  isStaff: boolean
  isSuperuser: boolean
  groups?: { id: number; name: string }[]
}

/** What the history of a user keeps, by the names of the wire: what can be set, and is shown. */
export function userFacts(user: Facts): object {
  return {
    username: user.username,
    email: user.email,
    is_active: user.isActive,
    is_staff: user.isStaff,
    is_superuser: user.isSuperuser,
    groups: (user.groups ?? []).map(({ name }) => name).sort(),
  }
}

/** What others remember of a user. */
export function rightsOf({ username, isActive, isStaff, isSuperuser, groups = [] }: Facts): string {
  return JSON.stringify([username, isActive, isStaff, isSuperuser, groups.map(({ id }) => id).sort()])
}

/** What the trail says of a password that was not held to the rules. */
export function weakness(userId: number, choice: PasswordChoice | undefined): Act[] {
  return choice?.rules === 'waived' ? [{ action: 'password.weak', object: `user:${userId}` }] : []
}
