import type { Id } from '../../api/wire.js'
import type { Profile, User } from './user.js'

interface UserName {
  /**
   * Letters, digits and marks of any script, and `@.+-_`. Unique, regardless of case.
   * @minLength 1
   * @maxLength 150
   * @example "ravi"
   */
  username: string
}

interface UserProfile {
  /**
   * The e-mail address. It may be empty.
   * @maxLength 254
   * @pattern ^$|^[^\s@]+@[^\s@]+$ Enter a valid email address.
   * @example "ravi@example.com"
   */
  email: string
  /**
   * An inactive user cannot sign in, and none of their tokens work.
   * @example true
   */
  is_active: boolean
  /**
   * Whether the user is taken to the admin site. Other users see only their own tokens. It gives no right.
   * @example false
   */
  is_staff: boolean
  /**
   * Whether the user may do everything.
   * @example false
   */
  is_superuser: boolean
  /**
   * The names of the user's groups. You need not name `everyone`.
   * @isArray A list of names is required.
   * @maxItems 100 Ensure there are no more than 100 groups.
   * @example []
   */
  groups: string[]
}

export interface UserInput extends UserName, UserProfile {}

export interface UserCreation extends UserName, Partial<UserProfile> {
  /**
   * At least 8 characters. The commonest passwords and the username are refused. Without a password nobody can sign in as this
   * user.
   * @minLength 1
   * @maxLength 1024
   * @format password
   * @example "tea-for-2-at-4"
   */
  password?: string
}

/** One row of a bulk create. It has no password. Absent fields have the same defaults as in `createUser`. */
export interface UserRowInput extends UserName, Partial<UserProfile> {}

/** Fields that are absent stay as they are. */
export interface UserPatch extends Partial<UserInput> {}

export interface UserView {
  id: Id
  /**
   * The name to sign in with.
   * @example "ravi"
   */
  username: string
  /**
   * The e-mail address. It may be empty.
   * @example "ravi@example.com"
   */
  email: string
  /**
   * An inactive user cannot sign in, and none of their tokens work.
   * @example true
   */
  is_active: boolean
  /**
   * Whether the user is taken to the admin site. It gives no right.
   * @example false
   */
  is_staff: boolean
  /**
   * Whether the user may do everything.
   * @example false
   */
  is_superuser: boolean
  /**
   * The names of the user's groups, without `everyone`.
   * @example []
   */
  groups: string[]
  /**
   * When the user was added.
   * @example "2026-11-24T09:30:00.000Z"
   */
  date_joined: Date
  /**
   * When the user last signed in to the sites. Null means never.
   * @example null
   */
  last_login: Date | null
}

/** The columns that a body sets. A field that is absent in the body is absent here. */
export function profileOf(body: UserPatch): Partial<Profile> {
  const { username, email, is_active, is_staff, is_superuser, groups } = body
  const all = { username, email, isActive: is_active, isStaff: is_staff, isSuperuser: is_superuser, groups }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

export function userView(user: User): UserView {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    is_active: user.isActive,
    is_staff: user.isStaff,
    is_superuser: user.isSuperuser,
    groups: (user.groups ?? []).map(({ name }) => name).sort(),
    date_joined: user.dateJoined,
    last_login: user.lastLogin,
  }
}
