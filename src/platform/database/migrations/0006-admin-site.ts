import type { Context } from './context.js'

/** What the admin site's first page asks for: tokens that end soon, and the last events of a kind. */
export async function up({ table, run }: Context) {
  await run(`CREATE INDEX tokens_expires_at ON ${table('tokens')} (expires_at)`)
  await run(`CREATE INDEX events_action ON ${table('events')} (action, id)`)
}
