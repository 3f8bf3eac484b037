import { timeOf } from '../platform/times.js'
import type { ForeignToken } from './person.js'

/** A row of a source: columns of a table, or fields of a record. */
export type Row = Record<string, unknown>

/** Names a row of another table: by its key, or by what Django calls its natural key. */
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
  /** Milliseconds since 1970, as every time here: a Date takes six times the room of a number. */
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
  /** The app and the model that it is about, such as `shop.order`; absent where the source does not tell. */
  about: string | undefined
}

/** What of a Django project concerns an import, from whatever source it was read. */
export interface Project {
  users: DjangoUser[]
  groups: DjangoGroup[]
  permissions: DjangoPermission[]
  /** Of Django REST framework. */
  tokens: { user: Reference; token: ForeignToken }[]
  /** Of django-rest-knox: the digest is SHA-512 of the value, in hex. */
  knox: {
    user: Reference
    digest: string
    start: string
    isSalted: boolean
    createdAt: number | undefined
    expiresAt: number | undefined
  }[]
  /** Of djangorestframework-api-key. */
  apiKeys: { name: string }[]
  /** Rows of the tables that become resources, by what the operator calls the table. */
  rows: Map<string, { key: string; values: Row }[]>
}

/** What the operator says where a source cannot tell it. */
export interface DjangoOptions {
  /** A model, such as `accounts.Member`, or a table. */
  userModel?: string
  usernameField?: string
  /** Tables or models whose rows are wanted. */
  tables: string[]
}

/** For what has nothing, so that a hundred thousand of them have one list. */
export const NONE: never[] = []

/** Things that many have alike, kept once. */
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

/** A source that cannot be read; the message is for the operator. */
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

/** Whether what has these columns is a model of users: what Django's AbstractBaseUser has. */
export function isUserModel(columns: string[]): boolean {
  return columns.includes('password') && columns.includes('last_login')
}

/**
 * What people sign in with.
 * @throws {SourceError} when the operator has to say
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

/** @param keyText what the row is known by */
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

/** SQLite has numbers for truth values. */
function truth(value: unknown): boolean {
  return value === true || value === 1
}

/** As text of SQLite or of a dump, which is UTC where it has no offset. Nothing for what is no time. */
function moment(value: unknown): number | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime()
  return typeof value === 'string' ? timeOf(value)?.getTime() : undefined
}
