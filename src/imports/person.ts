/** A user of another service, as any source tells it. */
export interface Person {
  /** What the source knows it by, never shown where it may be a name; unique in the source. */
  origin: string
  /** What a report calls it: the source's key, or the place in the file. */
  label: string
  username: string
  /** As names are unique here. */
  usernameFolded: string
  email: string
  isActive: boolean
  isStaff: boolean
  isSuperuser: boolean
  /** Milliseconds since 1970, like every time here. */
  dateJoined?: number
  lastLogin?: number
  /** Names of groups here; those that are not here are passed over. */
  groups: string[]
  /** As the source keeps it, in one of Django's forms. */
  password?: string
  tokens?: ForeignToken[]
}

/** Of Django REST framework's there is the value, which is kept in the clear; of knox's the SHA-512 and how the value begins. */
export type ForeignToken =
  | { kind: 'account'; value: string; createdAt?: number }
  | { kind: 'personal'; sha512: string; start: string; createdAt?: number; expiresAt?: number }

/** What a report calls something whose name may be an email address, which no report shows. */
export function shown(name: string): string {
  return /[@\uff20]/.test(name) ? '(not shown)' : name
}

/** What of one kind was left out, and why; in a report with the labels. */
export interface LeftOut {
  kind: string
  reason: string
  labels: string[]
}

/** Gathers what is left out, by kind and reason, in the order in which the reasons came. */
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

/** Whether its key did not come before in the source. @param seen keys that came before */
export function isFirst({ origin, label }: Person, seen: Set<string>, leftOut: LeftOuts): boolean {
  const isNew = !seen.has(origin)
  if (!isNew) leftOut.add('user', 'its key is in the source twice', label)
  seen.add(origin)
  return isNew
}

/**
 * Whether it may be who came before with other keys, of which one source has some and another none. Where nothing tells when people
 * joined, who has another key is another one, who has the name of somebody that has gone.
 */
export function isKnownAs({ origin, dateJoined }: Person, before: string[] | undefined): boolean {
  const isUnkeyed = (key: string) => key.startsWith('name ')
  if (dateJoined !== undefined) return before !== undefined
  return before?.every((other) => isUnkeyed(other) !== isUnkeyed(origin)) ?? false
}
