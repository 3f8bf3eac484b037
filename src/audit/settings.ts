import type { Settings } from '../platform/config.js'
import { write } from '../platform/database/write-queue.js'
import type { Actor } from './actor.js'
import { Event } from './event.js'

/** Records the settings that decide who is let in, when they are others than at the start before; never a secret. */
export async function recordSettings(settings: Settings, actor: Actor): Promise<void> {
  const { publicUrl, allowedHosts, trustProxy, tokenMaxAge, eventsMaxAge, endedMaxAge, docs } = settings
  const detail = JSON.stringify({
    publicUrl: publicUrl?.origin,
    allowedHosts,
    trustProxy,
    tokenMaxAge,
    eventsMaxAge,
    endedMaxAge,
    docs,
  })
  const last = await Event.findOne({ where: { action: 'settings.changed' }, order: [['id', 'DESC']] })
  if (last?.detail === detail) return
  await write((transaction) =>
    Event.record(actor, { action: 'settings.changed', object: 'settings', detail }, transaction),
  )
}
