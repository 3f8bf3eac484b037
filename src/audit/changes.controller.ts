import { Controller, Get, Queries, Request, Route, Security, Tags } from '@tsoa/runtime'
import { col, fn, Op, type WhereOptions, where } from 'sequelize'
import { Change, type FieldChange } from '../api/change.js'
import { knownResources } from '../api/known-resources.js'
import { resource } from '../api/resource.js'
import type { Id, Paging, ResourceRequest } from '../api/wire.js'
import { HttpError } from '../platform/failures.js'

export interface ChangedField {
  /** @example "salary" */
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

export interface ChangeView {
  /**
   * @isLong
   * @minimum 1
   * @example 1
   */
  id: number
  /** @example "2026-11-24T09:30:00.000Z" */
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
  /**
   * What acted, as of events.
   * @example "user"
   */
  actor_kind: 'user' | 'command' | 'service' | 'setup' | 'stranger' | 'several' | 'holder'
  /** @example "changed" */
  action: 'created' | 'changed' | 'deleted'
  /** @example "employees" */
  resource: string
  /**
   * The key of the row, as text; empty for many rows at once, of which `rows` tells how many.
   * @example "101"
   */
  object: string
  fields: ChangedField[]
  /**
   * As in the log and in the problem's `instance`.
   * @example "0b5ee5a4-6b3c-4f1a-9d0f-3f5a2b1c4d5e"
   */
  request_id: string | null
}

interface ChangeQuery extends Paging {
  /**
   * The order of the rows; a minus means descending.
   * @example "-id"
   */
  ordering?: 'id' | '-id'
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
  action?: 'created' | 'changed' | 'deleted'
  /** @maxLength 150 */
  actor?: string
  actor_id?: Id
  at_min?: Date
  at_max?: Date
}

interface Reader extends ResourceRequest {
  user: ResourceRequest['user'] & { scopes: readonly string[]; isFullSuperuser: boolean }
}

const changes = resource(Change, {
  view: ({ id, at, actor, actorId, actorKind, action, resource, object, fields, requestId }): ChangeView => ({
    id: Number(id),
    at,
    actor,
    actor_id: actorId,
    actor_kind: actorKind as ChangeView['actor_kind'],
    action,
    resource,
    object,
    fields: JSON.parse(fields) as FieldChange[],
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
    const { resource } = query
    const isRefused = resource !== undefined && resources().includes(resource) && !mayRead(request.user, resource)
    if (isRefused)
      throw new HttpError(403, `This needs the scope ${resource}:read.`, { missingScopes: [`${resource}:read`] })
    return changes.list(request, query)
  }
}

/** What has a history; of another word there is none. */
function resources(): string[] {
  return [...knownResources.keys(), 'scopes'].filter((name) => !['events', 'changes'].includes(name))
}

function mayRead({ scopes, isFullSuperuser }: Reader['user'], resource: string): boolean {
  return isFullSuperuser || scopes.includes(`${resource}:read`)
}

/**
 * What a caller may read now: rows that are somebody's are that user's own, and of a resource whose `visible` says who sees a row
 * nobody can tell afterwards.
 */
function seenBy(caller: Reader['user']): WhereOptions | undefined {
  if (caller.isFullSuperuser) return undefined
  const readable = resources().filter((name) => mayRead(caller, name))
  const open = readable.filter((name) => !knownResources.get(name)?.isRestricted)
  return {
    [Op.or]: [
      { [Op.and]: [{ ofUserId: caller.user.id }, whereResource(readable)] },
      { [Op.and]: [{ ofUserId: null }, whereResource(open)] },
    ],
  }
}

/** By an expression, so that no database looks for a resource first, which most rows may be of, and sorts what it has found. */
function whereResource(words: string[]): WhereOptions {
  return where(fn('lower', col('Change.resource')), { [Op.in]: words })
}
