import { Controller, Get, Path, Queries, Request, Route, Security, Tags } from '@tsoa/runtime'
import { resource } from '../api/resource.js'
import type { Id, Paging, ResourceRequest } from '../api/wire.js'
import type { ActorKind } from './actor.js'
import { type Verification, verifyEvents } from './chain.js'
import { Event, type EventAction } from './event.js'
import { type HistoryVerification, verifyHistory } from './history.js'
import { without } from './without.js'

/**
 * What acted, as in changes. Events that are older than this field have `unknown`.
 * @example "user"
 */
type EventActorKind = 'user' | 'command' | 'service' | 'setup' | 'stranger' | 'several' | 'holder' | 'unknown'

/**
 * Whether it was done or refused.
 * @example "done"
 */
type EventOutcome = 'done' | 'refused'

export interface EventView {
  id: Id
  /**
   * When it happened.
   * @example "2026-11-24T09:30:00.000Z"
   */
  at: Date
  /**
   * Who did it: a username, or what acted in place of a user.
   * @example "Srinivas"
   */
  actor: string
  /**
   * The id of that user. Null for the command, and for strangers who named no existing user.
   * @isInt
   * @example 1
   */
  actor_id: number | null
  actor_kind: EventActorKind
  /**
   * What was done.
   * @example "user.changed"
   */
  action: string
  /**
   * What it was done to. Empty if there is nothing to name.
   * @example "user:2"
   */
  object: string
  outcome: EventOutcome
  /**
   * The address of the request.
   * @example "127.0.0.1"
   */
  from: string
  /**
   * The id of the request, as in the log and in a problem's `instance`.
   * @example "0b5ee5a4-6b3c-4f1a-9d0f-3f5a2b1c4d5e"
   */
  request_id: string | null
  /**
   * More about the event.
   * @example "active true"
   */
  detail: string
  /**
   * The names of the fields that were changed. `GET /api/changes` has their values, unless somebody erased them.
   * @example ["is_active"]
   */
  fields: string[]
}

export interface VerificationView {
  /**
   * How many rows are as they were written.
   * @isInt
   * @example 2
   */
  checked: number
  /**
   * The first row that is not. Null if there is none.
   * @example null
   */
  broken: FirstBrokenEvent | null
  /**
   * The rows that are not, with their ids. At most a hundred are listed.
   * @example []
   */
  problems: BrokenEvent[]
  /** The same for the rows of `GET /api/changes`. */
  history: HistoryVerificationView
}

/** The result for the rows of `GET /api/changes`. */
export interface HistoryVerificationView {
  /**
   * How many rows are as they were written.
   * @isInt
   * @example 2
   */
  checked: number
  /**
   * How many changes have no values any more, because somebody erased them and the audit trail says so.
   * @isInt
   * @example 0
   */
  erased: number
  /**
   * The rows that are not, with their ids. At most a hundred are listed.
   * @example []
   */
  problems: BrokenEvent[]
}

/** The first row that is not as it was written. Null if there is none. */
interface FirstBrokenEvent extends BrokenEvent {}

export interface BrokenEvent {
  id: Id
  /**
   * What is wrong with the row.
   * @example "the row was changed"
   */
  reason: string
}

/** With millions of rows, a check takes seconds. Requests that come meanwhile get the same result. */
let running: Promise<Verification & { history: HistoryVerification }> | undefined

/** @example "-id" */
type EventOrdering = 'id' | '-id' | 'at' | '-at'

interface EventQuery extends Paging {
  ordering?: EventOrdering
  /**
   * Events by this username, or by what acted in place of a user.
   * @maxLength 150
   */
  actor?: string
  /** Events by the user with this id. */
  actor_id?: Id
  actor_kind?: ActorKind
  action?: EventAction
  /**
   * Events whose action contains this text. A-Z match a-z.
   * @maxLength 50
   */
  action_contains?: string
  /**
   * Events about this object.
   * @maxLength 50
   */
  object?: string
  outcome?: EventOutcome
  at_min?: Date
  at_max?: Date
  /**
   * Kinds of events to leave out, separated by commas: `sign-ins` (sign-ins and sessions), `settings` (settings of the service and its
   * keys), `refusals` (what was refused).
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
   * Checks the whole audit trail and the history of all objects. The response names the rows that somebody changed, added or removed.
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
   * One event of the audit trail.
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
