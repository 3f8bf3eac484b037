/** What the history of a user keeps, by the names of the wire: what can be set, and is shown. */
export function userFacts(user: {
  username: string
  email: string
  isActive: boolean
  isStaff: boolean
  isSuperuser: boolean
  groups?: { name: string }[]
}): object {
  return {
    username: user.username,
    email: user.email,
    is_active: user.isActive,
    is_staff: user.isStaff,
    is_superuser: user.isSuperuser,
    groups: (user.groups ?? []).map(({ name }) => name).sort(),
  }
}
