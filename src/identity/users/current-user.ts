import type { Id } from '../../api/wire.js'
import type { UserRow } from './user.js'

/** Who is signed in, or whose token it is. */
export interface CurrentUser {
  id: Id
  /** @example "ravi" */
  username: string
  /** @example false */
  is_staff: boolean
  /** @example false */
  is_superuser: boolean
}

export function currentUserView({ id, username, isStaff, isSuperuser }: UserRow): CurrentUser {
  return { id, username, is_staff: isStaff, is_superuser: isSuperuser }
}
