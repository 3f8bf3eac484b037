import { timeOf } from '../platform/times.js'
import type { ForeignToken } from './person.js'

/** A row of a source: columns of a table, or fields of a record. */
export type Row = Record<string, unknown>

/** Refers to a row of another table, by its key or by Django's natural key. */
export type Reference = `key ${string}` | `name ${string}`

export interface DjangoUser {
  /** Absent in a dump without primary keys. */
  key: string | undefined
  username: string
  email: string
  password: string
  isActive: boolean
  isStaff: boolean
  isSuperuser: boolean
  /** Milliseconds since 1970, as every time here. A Date takes six times the memory of a number. */
  dateJoined: number | undefined
  lastLogin: number | undefined
  groups: Reference[]
  permissions: Reference[]
}

export interface DjangoGroup {
  key: string | undefined
  name: string
  permissions: Reference[]
}

export interface DjangoPermission {
  key: string | undefined
  codename: string
  /** The app and the model that it is about, such as `shop.order`. Absent if the source does not say. */
  about: string | undefined
}

/** The parts of a Django project that an import needs, from any source. */
export interface Project {
  users: DjangoUser[]
  groups: DjangoGroup[]
  permissions: DjangoPermission[]
  /** From Django REST framework. */
  tokens: { user: Reference; token: ForeignToken }[]
  /** From django-rest-knox. The digest is the SHA-512 of the value, in hex. */
  knox: {
    user: Reference
    digest: string
    start: string
    isSalted: boolean
    createdAt: number | undefined
    expiresAt: number | undefined
  }[]
  /** From djangorestframework-api-key. */
  apiKeys: { name: string }[]
  /** The rows of the tables that become resources, by the operator's name for the table. */
  rows: Map<string, { key: string; values: Row }[]>
}

/** What the operator says if the source does not say it. */
export interface DjangoOptions {
  /** A model, such as `accounts.Member`, or a table. */
  userModel?: string
  usernameField?: string
  /** Tables or models whose rows are wanted. */
  tables: string[]
}

/** A shared empty list, so that a hundred thousand users without tokens need only one. */
export const NONE: never[] = []

/** Keeps equal things only once. */
export class Shared<Thing> {
  private readonly things = new Map<string, Thing>()

  of(name: string, make: () => Thing): Thing {
    let thing = this.things.get(name)
    if (thing === undefined) {
      thing = make()
      this.things.set(name, thing)
    }
    return thing
  }
}

/** A source that cannot be read. The message is for the operator. */
export class SourceError extends Error {}

export function emptyProject({ tables }: DjangoOptions): Project {
  return {
    users: [],
    groups: [],
    permissions: [],
    tokens: [],
    knox: [],
    apiKeys: [],
    rows: new Map(tables.map((table) => [table, []])),
  }
}

/** Whether a table with these columns is a model of users. It has the columns of Django's AbstractBaseUser. */
export function isUserModel(columns: string[]): boolean {
  return columns.includes('password') && columns.includes('last_login')
}

/**
 * The field that users sign in with.
 * @throws {SourceError} if the operator has to say
 */
export function usernameFieldOf(columns: string[], { usernameField }: DjangoOptions): string {
  const field = usernameField ?? ['username', 'email'].find((name) => columns.includes(name))
  if (field !== undefined && columns.includes(field)) return field
  throw new SourceError(
    usernameField === undefined
      ? 'the users have neither a username nor an email: say what they sign in with by --username-field'
      : 'the users have no such field as --username-field names',
  )
}

/** @param keyText the identity of the row */
export function userOf(
  row: Row,
  {
    key,
    usernameField,
    groups,
    permissions,
  }: { key: unknown; usernameField: string } & Pick<DjangoUser, 'groups' | 'permissions'>,
): DjangoUser {
  return {
    key: keyText(key),
    username: text(row[usernameField]),
    email: text(row.email),
    password: text(row.password),
    isActive: row.is_active === undefined || truth(row.is_active),
    isStaff: truth(row.is_staff),
    isSuperuser: truth(row.is_superuser),
    dateJoined: moment(row.date_joined),
    lastLogin: moment(row.last_login),
    groups,
    permissions,
  }
}

export function addToken(project: Project, user: Reference, row: Row): void {
  project.tokens.push({ user, token: { kind: 'account', value: text(row.key), createdAt: moment(row.created) } })
}

export function addKnox(project: Project, user: Reference, row: Row): void {
  project.knox.push({
    user,
    digest: text(row.digest),
    start: text(row.token_key),
    isSalted: text(row.salt) !== '',
    createdAt: moment(row.created),
    expiresAt: moment(row.expiry ?? row.expires),
  })
}

export function keyText(key: unknown): string | undefined {
  return key === undefined || key === null ? undefined : String(key)
}

export function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value)
}

/** SQLite stores booleans as numbers. */
function truth(value: unknown): boolean {
  return value === true || value === 1
}

/** Reads text from SQLite or a dump, which is UTC if it has no offset. Nothing for an invalid time. */
function moment(value: unknown): number | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime()
  return typeof value === 'string' ? timeOf(value)?.getTime() : undefined
}
