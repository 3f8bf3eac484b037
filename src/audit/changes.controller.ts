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
   * Null where there was nothing, and of what is never shown, such as a password.
   * @example "20000.00"
   */
  old: unknown
  /**
   * Null where there is nothing any more, and of what is never shown.
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
   * The number of the change.
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
   * Who: a username, or what acted in its place.
   * @example "Srinivas"
   */
  actor: string
  /**
   * The id of that user; null for what is none.
   * @isInt
   * @example 1
   */
  actor_id: number | null
  actor_kind: ActorKind
  action: ChangeAction
  /**
   * The resource of the row, by the word that stands in its scopes.
   * @example "employees"
   */
  resource: string
  /**
   * The key of the row, as text; empty for many rows at once, of which `rows` tells how many.
   * @example "101"
   */
  object: string
  /** The fields that were changed. */
  fields: ChangedField[]
  /**
   * As in the log and in the problem's `instance`.
   * @example "0b5ee5a4-6b3c-4f1a-9d0f-3f5a2b1c4d5e"
   */
  request_id: string | null
}

/** @example "-id" */
type ChangeOrdering = 'id' | '-id'

interface ChangeQuery extends Paging {
  ordering?: ChangeOrdering
  /**
   * The word of a resource, as in its scopes.
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
   * What was changed, field by field with the values before and after, of the resources that the request may read: to `events:read`
   * it needs their own read scope, without which a resource that is named is 403. Rows that belong to users, and tokens, are told of
   * to their users; a superuser, by account token or session, sees all. Rows that came many at once are one change.
   * @summary List changes
   */
  @Get()
  @Security('Token', ['events:read'])
  async listChanges(@Request() request: Reader, @Queries() query: ChangeQuery): Promise<ChangeView[]> {
    requireReadable(request.user, query.resource)
    return changes.list(request, query)
  }
}
