import type { Id } from '../../api/wire.js'
import type { UserRow } from './user.js'

/** The user who is signed in, or who owns the token. */
export interface CurrentUser {
  id: Id
  /**
   * The name that the user signs in with.
   * @example "Srinivas"
   */
  username: string
  /**
   * Whether the user is taken to the admin site. It gives no right.
   * @example true
   */
  is_staff: boolean
  /**
   * Whether the user may do everything.
   * @example true
   */
  is_superuser: boolean
}

export function currentUserView({ id, username, isStaff, isSuperuser }: UserRow): CurrentUser {
  return { id, username, is_staff: isStaff, is_superuser: isSuperuser }
}
