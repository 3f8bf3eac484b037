import { accessSync } from 'node:fs'
import { userInfo } from 'node:os'

/** The user that this process runs as: `nobody (uid 65534)`, or `uid 12345` if that has no name. */
export function processUser(): string {
  try {
    const { username, uid } = userInfo()
    return `${username} (uid ${uid})`
  } catch {
    // A container may run as a number that no user has.
    return `uid ${process.geteuid?.()}`
  }
}

/**
 * Why this process cannot use a file in the way that it has to.
 * @param mode of `fs.constants`
 * @returns the system's code, such as EACCES or EROFS, or nothing if it can
 */
export function refusedAccess(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode)
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}
