import type { Context } from './context.js'

/** What acted, beside its name. Rows that are there stay as they were written, and so do their links. */
export async function up({ text, table, run }: Context) {
  await run(`ALTER TABLE ${table('events')} ADD COLUMN actor_kind ${text}
    CHECK (actor_kind IN ('user', 'command', 'service', 'setup', 'stranger', 'several', 'holder'))`)
}
