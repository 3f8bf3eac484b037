import { Controller, Get, Queries, Request, Route, Security, Tags } from '@tsoa/runtime'
import { Change } from '../api/change.js'
import { resource } from '../api/resource.js'
import type { Id, Paging } from '../api/wire.js'
import type { ActorKind } from './actor.js'
import { type Reader, requireReadable, seenBy, whereResource } from './readable-changes.js'

export interface ChangedField {
  /**
   * The name of the field.
   * @example "salary"
   */
  name: string
  /**
   * The value before. Null if there was none, and for a field that is never shown, such as a password.
   * @example "20000.00"
   */
  old: unknown
  /**
   * The value after. Null if there is none any more, and for a field that is never shown.
   * @example "25000.00"
   */
  new: unknown
}

/**
 * What happened to the row.
 * @example "changed"
 */
type ChangeAction = 'created' | 'changed' | 'deleted'

export interface ChangeView {
  /**
   * The id of the change.
   * @isInt
   * @minimum 1
   * @example 1
   */
  id: number
  /**
   * When it was changed.
   * @example "2026-11-24T09:30:00.000Z"
   */
  at: Date
  /**
   * Who did it: a username, or what acted in place of a user.
   * @example "Srinivas"
   */
  actor: string
  /**
   * The id of that user. Null if it was not a user.
   * @isInt
   * @example 1
   */
  actor_id: number | null
  actor_kind: ActorKind
  action: ChangeAction
  /**
   * The resource of the row, named as in its scopes.
   * @example "employees"
   */
  resource: string
  /**
   * The key of the row, as text. Empty if many rows were added at once. Their number is then the field `rows` in `fields`.
   * @example "101"
   */
  object: string
  /** The fields that were changed. */
  fields: ChangedField[]
  /**
   * The id of the request, as in the log and in a problem's `instance`.
   * @example "0b5ee5a4-6b3c-4f1a-9d0f-3f5a2b1c4d5e"
   */
  request_id: string | null
}

/** @example "-id" */
type ChangeOrdering = 'id' | '-id'

interface ChangeQuery extends Paging {
  ordering?: ChangeOrdering
  /**
   * The name of a resource, as in its scopes.
   * @maxLength 63
   * @example "employees"
   */
  resource?: string
  /**
   * The key of a row.
   * @maxLength 200
   * @example "101"
   */
  object?: string
  action?: ChangeAction
  /**
   * Changes by this username.
   * @maxLength 150
   */
  actor?: string
  /** Changes by the user with this id. */
  actor_id?: Id
  at_min?: Date
  at_max?: Date
}

const changes = resource(Change, {
  view: ({ id, at, actor, actorId, actorKind, action, resource, object, fields, requestId }): ChangeView => ({
    id: Number(id),
    at,
    actor,
    actor_id: actorId,
    actor_kind: actorKind as ActorKind,
    action,
    resource,
    object,
    fields: JSON.parse(fields) as ChangedField[],
    request_id: requestId,
  }),
  search: ['actor', 'object'],
  visible: ({ user }: Reader) => seenBy(user),
  filters: { resource: (word: string) => whereResource([word]) },
})

@Route('api/changes')
@Tags('events')
export class ChangesController extends Controller {
  /**
   * What was changed, field by field, with the values before and after.
   * The list has the resources that the request may read, so besides `events:read` it needs their own read scopes. If you name a
   * resource without its read scope, the response is 403. Users see the changes of their own tokens and of rows that belong to
   * them. A superuser with an account token or a session sees all. Many rows that were added at once are one change.
   * @summary List changes
   */
  @Get()
  @Security('Token', ['events:read'])
  async listChanges(@Request() request: Reader, @Queries() query: ChangeQuery): Promise<ChangeView[]> {
    requireReadable(request.user, query.resource)
    return changes.list(request, query)
  }
}
