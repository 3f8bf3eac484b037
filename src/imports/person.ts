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
