import type { Settings } from '../platform/config.js'
import { write } from '../platform/database/write-queue.js'
import { publicBaseOf } from '../platform/public-url.js'
import type { Actor } from './actor.js'
import { Event } from './event.js'

/** Records the settings that decide who is let in, if they differ from those of the previous start. No secret is recorded. */
export async function recordSettings(settings: Settings, actor: Actor): Promise<void> {
  const { publicUrl, allowedHosts, trustProxy, tokenMaxAge, eventsMaxAge, endedMaxAge, docs, passwordCost } = settings
  const detail = JSON.stringify({
    publicUrl: publicBaseOf({ publicUrl }),
    allowedHosts,
    trustProxy,
    tokenMaxAge,
    eventsMaxAge,
    endedMaxAge,
    docs,
    passwordCost,
  })
  const last = await Event.findOne({ where: { action: 'settings.changed' }, order: [['id', 'DESC']] })
  if (last?.detail === detail) return
  await write((transaction) =>
    Event.record(actor, { action: 'settings.changed', object: 'settings', detail }, transaction),
  )
}
