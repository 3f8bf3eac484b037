import { invalid } from '../../platform/failures.js'
import { hasUnseen, plainName } from '../../platform/names.js'

export interface Profile {
  username: string
  email: string
  isActive: boolean
  isStaff: boolean
  isSuperuser: boolean
  /** Names. */
  groups: string[]
}

/** The profile of a user for whom only the name is given. */
export const DEFAULTS = { email: '', isActive: true, isStaff: false, isSuperuser: false, groups: [] as string[] }

export const TAKEN = 'A user with that username already exists.'

/** The unique form of a username, ignoring case and compatibility forms. */
export function folded(username: string) {
  return username.normalize('NFKC').trim().toLowerCase()
}

/** @throws {HttpError} 400 */
export function checkedName(text: string) {
  const username = plainName(text)
  if (!username) throw invalid({ username: ['This field may not be blank.'] })
  if (!/^[\p{L}\p{M}\p{N}@.+_-]{1,150}$/u.test(username) || hasUnseen(username))
    throw invalid({ username: ['Enter a valid username: up to 150 letters, digits, marks and @/./+/-/_ characters.'] })
  return { username, usernameFolded: folded(username) }
}

/** @throws {HttpError} 400 */
export function checkedEmail(text: string): string {
  const email = text.normalize('NFC')
  if ([...email].length > 254 || !/^$|^[^\s@]+@[^\s@]+$/.test(email) || hasUnseen(email))
    throw invalid({ email: ['Enter a valid email address.'] })
  return email
}

/** What changed, without personal data except the names that the trail needs. */
export function summaryOf(
  changes: Partial<Profile>,
  { username: before }: { username: string },
  { username }: { username: string },
): string[] {
  const { isActive, isStaff, isSuperuser, groups, email } = changes
  const parts = [
    isActive !== undefined && `active ${isActive}`,
    isStaff !== undefined && `staff ${isStaff}`,
    isSuperuser !== undefined && `superuser ${isSuperuser}`,
    groups && `groups ${groups.map(quoted).join(' ') || 'none'}`,
    username !== before && `username ${JSON.stringify(before)} to ${JSON.stringify(username)}`,
    email !== undefined && 'email',
  ]
  return parts.filter((part) => part !== false && part !== undefined)
}

/** A name with spaces or punctuation must not look like a part of the sentence. A group may be called `none, superuser true`. */
function quoted(name: string): string {
  return /^[\p{L}\p{M}\p{N}@.+_-]+$/u.test(name) && name !== 'none' ? name : JSON.stringify(name)
}
