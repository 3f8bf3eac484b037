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

/** What the history of a user keeps, with the names of the API: the fields that can be set and are shown. */
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

/** The parts of a user that caches remember. */
export function rightsOf({ username, isActive, isStaff, isSuperuser, groups = [] }: Facts): string {
  return JSON.stringify([username, isActive, isStaff, isSuperuser, groups.map(({ id }) => id).sort()])
}

/** The event for a password that was not checked against the rules. */
export function weakness(userId: number, choice: PasswordChoice | undefined): Act[] {
  return choice?.rules === 'waived' ? [{ action: 'password.weak', object: `user:${userId}` }] : []
}
