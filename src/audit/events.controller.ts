import { Controller, Get, Path, Queries, Request, Route, Security, Tags } from '@tsoa/runtime'
import { resource } from '../api/resource.js'
import type { Id, Paging, ResourceRequest } from '../api/wire.js'
import { type Verification, verifyEvents } from './chain.js'
import { type Action, Event } from './event.js'
import { type HistoryVerification, verifyHistory } from './history.js'
import { without } from './without.js'

export interface EventView {
  id: Id
  /** @example "2026-11-24T09:30:00.000Z" */
  at: Date
  /**
   * Who: a username, or what acted in its place.
   * @example "Srinivas"
   */
  actor: string
  /**
   * The id of that user; null for the command and for strangers who named nobody that is there.
   * @isInt
   * @example 1
   */
  actor_id: number | null
  /**
   * What acted, whatever its name says: a `user`, the `command`, the `service` at its start, whoever has the `setup` link, a
   * `stranger` who proved nothing (also where a user's name was given), `several` of those, or the `holder` of a token's value or password link;
   * `unknown` in events that are older than this member.
   * @example "user"
   */
  actor_kind: 'user' | 'command' | 'service' | 'setup' | 'stranger' | 'several' | 'holder' | 'unknown'
  /** @example "token.created" */
  action: string
  /**
   * On what; empty where there is nothing that could be named.
   * @example "token:7"
   */
  object: string
  /** @example "done" */
  outcome: 'done' | 'refused'
  /**
   * The address of the request.
   * @example "127.0.0.1"
   */
  from: string
  /**
   * As in the log and in the problem's `instance`.
   * @example "0b5ee5a4-6b3c-4f1a-9d0f-3f5a2b1c4d5e"
   */
  request_id: string | null
  /** @example "personal of user:1 employees:read" */
  detail: string
  /**
   * The names of the fields that were changed; `GET /api/changes` gives the values, where nobody has erased them.
   * @example ["is_active"]
   */
  fields: string[]
}

export interface VerificationView {
  /**
   * Rows that are as they were written.
   * @isInt
   * @example 2
   */
  checked: number
  /**
   * The first that is not; null when all of them are.
   * @example null
   */
  broken: BrokenEvent | null
  /**
   * All that are not, by their ids; a hundred at most.
   * @example []
   */
  problems: BrokenEvent[]
  history: HistoryVerificationView
}

/** Of the rows that `GET /api/changes` gives. */
export interface HistoryVerificationView {
  /**
   * Rows that are as they were written.
   * @isInt
   * @example 2
   */
  checked: number
  /**
   * Changes of which the trail tells, and tells that their values were erased.
   * @isInt
   * @example 0
   */
  erased: number
  /**
   * Rows that are not, by their ids; a hundred at most.
   * @example []
   */
  problems: BrokenEvent[]
}

export interface BrokenEvent {
  id: Id
  /** @example "the row was changed" */
  reason: string
}

/** A walk takes seconds where there are millions of rows: who asks meanwhile gets the same result. */
let running: Promise<Verification & { history: HistoryVerification }> | undefined

interface EventQuery extends Paging {
  /**
   * The order of the rows; a minus means descending.
   * @example "-id"
   */
  ordering?: 'id' | '-id' | 'at' | '-at'
  /** @maxLength 150 */
  actor?: string
  actor_id?: Id
  /** @example "user" */
  actor_kind?: 'user' | 'command' | 'service' | 'setup' | 'stranger' | 'several' | 'holder'
  /** @example "token.created" */
  action?: Action
  /**
   * A-Z match a-z.
   * @maxLength 50
   */
  action_contains?: string
  /** @maxLength 50 */
  object?: string
  outcome?: 'done' | 'refused'
  at_min?: Date
  at_max?: Date
  /**
   * Kinds that are left out, separated by commas: `sign-ins` (sign-ins and sessions), `settings` (those of the service and its keys),
   * `refusals` (what was refused).
   * @pattern ^(sign-ins|settings|refusals)(,(sign-ins|settings|refusals)){0,2}$ Enter sign-ins, settings, refusals, or several of them separated by commas.
   * @example "sign-ins,refusals"
   */
  without?: string
}

const events = resource(Event, {
  view: ({
    id,
    at,
    actor,
    actorId,
    actorKind,
    action,
    object,
    outcome,
    address,
    requestId,
    detail,
    fields,
  }): EventView => {
    const who = { actor, actor_id: actorId, actor_kind: actorKind ?? ('unknown' as const) }
    return {
      id,
      at,
      ...who,
      action,
      object,
      outcome,
      from: address,
      request_id: requestId,
      detail,
      fields: fields?.split(' ') ?? [],
    }
  },
  search: ['actor', 'action', 'object', 'detail'],
  filters: { without },
})

@Route('api/events')
@Tags('events')
export class EventsController extends Controller {
  /**
   * The audit trail, oldest first.
   * @summary List events
   */
  @Get()
  @Security('Token', ['events:read'])
  async listEvents(@Request() request: ResourceRequest, @Queries() query: EventQuery): Promise<EventView[]> {
    return events.list(request, query)
  }

  /**
   * Walks the whole trail and tells the rows that somebody changed, added or took away; so for the history of all objects.
   * @summary Verify the events
   */
  @Get('verification')
  @Security('Token', ['events:read'])
  async verifyEvents(): Promise<VerificationView> {
    running ??= verifyAll().finally(() => {
      running = undefined
    })
    const { checked, broken = null, problems = [], history } = await running
    return { checked, broken, problems, history }
  }

  /**
   * One line of the audit trail.
   * @summary Get an event
   */
  @Get('{id}')
  @Security('Token', ['events:read'])
  async getEvent(@Request() request: ResourceRequest, @Path() id: Id): Promise<EventView> {
    return events.get(request, id)
  }
}

async function verifyAll() {
  return { ...(await verifyEvents()), history: await verifyHistory() }
}
