/** A user of another service, from any source. */
export interface Person {
  /** The identity in the source, which is unique there. It is never shown, because it may be a name. */
  origin: string
  /** The label in a report: the source's key, or the place in the file. */
  label: string
  username: string
  /** The name in the form that is unique here. */
  usernameFolded: string
  email: string
  isActive: boolean
  isStaff: boolean
  isSuperuser: boolean
  /** Milliseconds since 1970, like every time here. */
  dateJoined?: number
  lastLogin?: number
  /** Names of groups here. Others are ignored. */
  groups: string[]
  /** The hash in the source, in one of Django's forms. */
  password?: string
  tokens?: ForeignToken[]
}

/**
 * For Django REST framework there is the value, which it stores in clear text. For knox there are the SHA-512 and the beginning
 * of the value.
 */
export type ForeignToken =
  | { kind: 'account'; value: string; createdAt?: number }
  | { kind: 'personal'; sha512: string; start: string; createdAt?: number; expiresAt?: number }

/** The label for something whose name may be an email address, which no report shows. */
export function shown(name: string): string {
  return /[@\uff20]/.test(name) ? '(not shown)' : name
}

/** What was left out of one kind, and why. A report also has the labels. */
export interface LeftOut {
  kind: string
  reason: string
  labels: string[]
}

/** Collects what is left out, by kind and reason, in the order of the reasons. */
export class LeftOuts {
  private readonly found = new Map<string, LeftOut>()

  add(kind: string, reason: string, label: string): void {
    const key = `${kind} ${reason}`
    const known = this.found.get(key)
    if (known) known.labels.push(label)
    else this.found.set(key, { kind, reason, labels: [label] })
  }

  list(): LeftOut[] {
    return [...this.found.values()]
  }
}

/**
 * Whether its key has not come before in the source.
 * @param seen keys that came before
 */
export function isFirst({ origin, label }: Person, seen: Set<string>, leftOut: LeftOuts): boolean {
  const isNew = !seen.has(origin)
  if (!isNew) leftOut.add('user', 'its key is in the source twice', label)
  seen.add(origin)
  return isNew
}

/**
 * Whether it may be a person who came before with another key, because one source has keys and another has none. If nothing says
 * when people joined, a person with another key is a different one, who has the name of somebody who has gone.
 */
export function isKnownAs({ origin, dateJoined }: Person, before: string[] | undefined): boolean {
  const isUnkeyed = (key: string) => key.startsWith('name ')
  if (dateJoined !== undefined) return before !== undefined
  return before?.every((other) => isUnkeyed(other) !== isUnkeyed(origin)) ?? false
}
