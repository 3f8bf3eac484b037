import { accessSync } from 'node:fs'
import { userInfo } from 'node:os'

/** Whom the operating system takes this process for: `nobody (uid 65534)`, or `uid 12345` where that has no name. */
export function processUser(): string {
  try {
    const { username, uid } = userInfo()
    return `${username} (uid ${uid})`
  } catch {
    // A container may run as a number that no list of users has.
    return `uid ${process.geteuid?.()}`
  }
}

/**
 * Why this process cannot use a file as it has to.
 * @param mode of `fs.constants`
 * @returns the system's code, such as EACCES or EROFS; nothing when it can
 */
export function refusedAccess(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode)
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}
