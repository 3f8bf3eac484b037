import type { Settings } from '../platform/config.js'

// Types that several resources share on the wire.

/**
 * The id of a row.
 * @isInt
 * @minimum 1 A valid id is required.
 * @maximum 2147483647 A valid id is required.
 * @example 1
 */
export type Id = number

/**
 * A whole number.
 * @isInt
 * @minimum -2147483648
 * @maximum 2147483647
 * @example 1
 */
export type Integer = number

/**
 * A calendar day.
 * @format date
 * @pattern ^\d{4}-\d{2}-\d{2}$ Enter a day such as 2027-01-31.
 * @example "2027-01-31"
 */
export type Day = string

/**
 * The key of a row. The service makes it.
 * @format uuid
 * @pattern ^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$ A valid UUID is required, in lower case.
 * @example "0b5ee5a4-6b3c-4f1a-9d0f-3f5a2b1c4d5e"
 */
export type Uuid = string

/**
 * What a token may do, as `<resource>:<action>`. For a resource of this service it is, for example, `employees:read` or
 * `employees:write`, and write does not include read. For another service it is a scope that was added. `GET /api/scopes` lists
 * them all.
 * @example "employees:read"
 */
export type Scope = string

/** What you exchange for a token or a session. */
export interface Credentials {
  /**
   * Spaces around it are dropped. Upper and lower case differ.
   * @minLength 1
   * @maxLength 4096
   * @example "Srinivas"
   */
  username: string
  /**
   * The password, exactly as it was set.
   * @minLength 1
   * @maxLength 16384
   * @format password
   * @example "admin123"
   */
  password: string
}

/** The body of every failed response (RFC 9457). */
export interface Problem {
  /**
   * What kind of problem it is, as a path of this service that explains it. It is the same on every host.
   * @example "/docs/problems/invalid-request"
   */
  type: string
  /**
   * What kind of problem it is, in words. It is the same for every problem of this `type`.
   * @example "Invalid request"
   */
  title: string
  /**
   * The status of the response.
   * @isInt
   * @example 400
   */
  status: number
  /**
   * What is wrong with this request.
   * @example "The request has invalid fields."
   */
  detail: string
  /**
   * The id of the request. The log has it too.
   * @example "urn:uuid:0b5ee5a4-6b3c-4f1a-9d0f-3f5a2b1c4d5e"
   */
  instance: string
  /**
   * What is wrong with each field. `non_field_errors` has what is not about a single field.
   * @example { "empid": ["This field is required."] }
   */
  errors?: { [field: string]: string[] }
  /** The scopes that the operation needs and the credential does not have. */
  missing_scopes?: Scope[]
  /**
   * How many seconds to wait before you try again.
   * @isInt
   * @example 2
   */
  retry_after?: number
}

/** The part of a request that a resource uses. */
export interface ResourceRequest {
  user: { user: { id: number; username: string; isSuperuser: boolean } }
  /** As in the log and in a problem's `instance`. */
  id: string
  operation: { operationId: string }
  /** What links start with. The host check has allowed it. */
  base: string
  /** The path without the prefix of this service. */
  path: string
  app: { locals: { settings: Settings } }
  res?: { set: (name: string, value: string) => unknown; status: (code: number) => { end: () => unknown } }
}

/** The query parameters of every list. Each resource adds its filters. */
export interface Paging {
  /**
   * The maximum number of rows on a page.
   * @isInt
   * @minimum 1
   * @maximum 1000
   * @default 100
   * @example 20
   */
  limit?: number
  /**
   * How many rows to skip. A cursor is faster.
   * @isInt
   * @minimum 0
   * @maximum 2147483647
   * @example 0
   */
  offset?: number
  /**
   * Where the page begins. Take it from a `Link` header. It keeps the ordering that it was made with, and cannot be combined with
   * `offset`.
   * @maxLength 2000 Invalid cursor.
   * @example "WyJlbXBpZCIsMTAxLDEwMSxmYWxzZV0.9sJ2bq0XHvU1mTt3cVfQ7dKzP5yLwRnGe8oAiB6ChMk"
   */
  cursor?: string
  /**
   * Rows that contain this text. A-Z match a-z.
   * @maxLength 200
   * @example "a"
   */
  search?: string
  /**
   * With `true`, the `X-Total-Count` header says how many rows match on all pages.
   * @isBoolean A valid boolean is required.
   * @example false
   */
  count?: boolean
}
