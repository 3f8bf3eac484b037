import { endedIdempotencyKeys } from '../api/idempotency.js'
import { oldEvents } from '../audit/chain.js'
import { oldHistory } from '../audit/history.js'
import { endedLinks } from '../identity/sign-in/one-time-link.js'
import { endedTokens } from '../identity/tokens/ended.js'
import type { Settings } from '../platform/config.js'
import { toldChanges } from '../platform/database/epoch.js'
import type { Sweep } from '../platform/database/sweep.js'
import { endedCounts } from '../platform/limiter.js'

export type Ages = Pick<Settings, 'eventsMaxAge' | 'endedMaxAge'>

/**
 * Everything that is deleted automatically, in this order. docs/housekeeping.md says when. Some rows stay: users, groups and rows
 * of resources until somebody deletes them, addresses that a user signed in from as long as the user, and origins for ever, so
 * that no import brings anything twice.
 */
export function sweepsOf({ eventsMaxAge, endedMaxAge }: Ages): Sweep[] {
  return [
    endedIdempotencyKeys,
    toldChanges,
    endedCounts,
    endedLinks,
    ...(endedMaxAge === undefined ? [] : [endedTokens(endedMaxAge)]),
    ...(eventsMaxAge === undefined ? [] : [oldEvents(eventsMaxAge), oldHistory(eventsMaxAge)]),
  ]
}
